import { StorageError } from './errors.ts';
import type { S3Connection } from './s3-client.ts';
import { s3Error } from './s3-errors.ts';

/** A prefix in a bucket, and how requests to it are sent. */
export interface S3Bucket {
  readonly connection: S3Connection;
  readonly bucket: string;
  /** Empty, or ending with a slash. */
  readonly prefix: string;
  readonly partBytes: number;
}

/** Bucket and key of an object, as requests name it. */
export const objectOf = (place: S3Bucket, key: string): { Bucket: string; Key: string } => ({
  Bucket: place.bucket,
  Key: place.prefix + key,
});

/** Waits for a request; its failure is a StorageError, or the reason of the signal. */
export async function answered<T>(request: Promise<T>, key: string, signal?: AbortSignal): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw signal?.aborted ? signal.reason : s3Error(error, key);
  }
}

/** What the SDK takes beside the request. */
export const sending = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } => {
  signal?.throwIfAborted();
  return signal === undefined ? {} : { abortSignal: signal };
};

/** A field that every store gives; EUNAVAILABLE where an answer lacks it. */
export function given<T>(value: T | undefined, key: string, field: string): T {
  if (value !== undefined) return value;
  throw new StorageError('EUNAVAILABLE', `${key}: the answer has no ${field}`, { key });
}
