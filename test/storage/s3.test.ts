import { afterAll, beforeAll } from 'vitest';
import { S3Replica } from '../../src/storage/s3.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { replicaContract } from './contract.ts';
import { uploadsIn } from './s3-uploads.ts';

requireTool('radosgw', s3Tool)('S3', () => {
  let server: S3Server;
  let bucket = '';

  beforeAll(async () => {
    server = await startS3Server();
    bucket = await server.bucket();
  }, S3_START_MS);
  afterAll(() => server?.stop());

  replicaContract('the S3 replica', {
    open: () =>
      S3Replica.open({ bucket, prefix: 'some/prefix', settings: server.settings, partBytes: 256 * 1024 }),
    leftovers: () => uploadsIn(server, bucket),
    largeBytes: 3_000_000,
  });
});
