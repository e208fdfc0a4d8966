import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { S3Server } from '../support/s3-server.ts';

/** Keys of the uploads in parts that are neither complete nor aborted. */
export async function uploadsIn(server: S3Server, bucket: string): Promise<string[]> {
  const answer = await server.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return (answer.Uploads ?? []).map(({ Key = '' }) => Key);
}
