import { randomUUID } from 'node:crypto';
import { DEFAULT_STORAGE, type ServerConfig } from '../../src/config/index.ts';
import { S3Replica } from '../../src/storage/s3.ts';
import type { S3Server } from '../support/s3-server.ts';

export const CLUSTER = 'shop';

/** Levels of seconds and minutes, so that a quarter of an hour sees all of them, and level 0 go. */
const LEVELS = '1:10s:2m,2:1m:10m,3:5m:40m';
const SNAPSHOT = '10m:2h';

/** A server's configuration with a bucket of its own, and a way into that bucket beside the server. */
export async function placeFor(
  s3: S3Server,
  dataPath: string,
): Promise<{ config: ServerConfig; replica: S3Replica }> {
  const [bucket, prefix] = [await s3.bucket(), randomUUID()];
  const { endpoint, region, credentials } = s3.settings;
  const keys = { accessKeyId: credentials?.accessKeyId, secretAccessKey: credentials?.secretAccessKey };
  const config: ServerConfig = {
    dataPath,
    bind: { host: '127.0.0.1', port: 0 },
    logLevel: 'warn',
    logFormat: 'json',
    ingestBytesMax: 2 ** 30,
    sentryDsn: null,
    storage: {
      ...DEFAULT_STORAGE,
      replicas: [`s3://${bucket}/${prefix}`],
      s3: { endpoint: endpoint ?? undefined, region, sessionToken: undefined, ...keys },
      levels: LEVELS,
      snapshot: SNAPSHOT,
    },
  };
  return { config, replica: await S3Replica.open({ bucket, prefix, settings: s3.settings }) };
}
