import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_STORAGE, type StorageConfig } from '../../src/config/index.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { TestServer } from '../support/server.ts';
import { Driven } from './driven.ts';
import { until } from './until.ts';

const DAY = 86_400_000;

requireTool('radosgw', s3Tool)('a bucket', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3Server();
  }, S3_START_MS);
  afterAll(() => s3?.stop());

  const storageIn = (bucket: string): StorageConfig => {
    const { endpoint, region, credentials } = s3.settings;
    const keys = { accessKeyId: credentials?.accessKeyId, secretAccessKey: credentials?.secretAccessKey };
    const access = { endpoint: endpoint ?? undefined, region, sessionToken: undefined, ...keys };
    return { ...DEFAULT_STORAGE, replicas: [`s3://${bucket}`], s3: access };
  };
  const stateOf = async (server: TestServer): Promise<string> => {
    const ready = await server.client().send('GET', '/readyz');
    return JSON.parse(ready.body.toString()).clock.state;
  };

  it('confirms the clock after a long stop of the machine, and tells when it is wrong', async () => {
    const driven = new Driven();
    driven.wall = Date.now();
    let boot = 1;
    await using server = await TestServer.start({
      config: { storage: storageIn(await s3.bucket()) },
      clock: driven.clock,
      timer: driven,
      bootId: () => `${boot}`,
      believesDates: true,
    });
    const restartAfter = async (offMs: number): Promise<void> => {
      await server.stop();
      boot++;
      driven.wall = Date.now();
      server.damage('UPDATE clock_reading SET wall = ?', driven.wall - offMs);
      await server.start();
    };
    await restartAfter(3 * DAY);
    expect(server.query('SELECT doubts FROM clock_reading')[0]?.['doubts']).not.toBe('[]');
    await until(() => server.query('SELECT doubts FROM clock_reading')[0]?.['doubts'] === '[]');
    expect(await stateOf(server)).toBe('trusted');
    await restartAfter(3 * DAY);
    driven.wall += 400 * DAY;
    await server.stop();
    boot++;
    await server.start();
    await until(() => server.query("SELECT 1 FROM event WHERE type = 'clock.suspect'").length === 1);
    expect(await stateOf(server)).toBe('suspect');
  });

  it('is rid of uploads that never ended', async () => {
    const bucket = await s3.bucket();
    await s3.client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'shop/a.db/9/x.ltx' }));
    const left = async (): Promise<number> =>
      (await s3.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0;
    expect(await left()).toBe(1);
    const driven = new Driven();
    driven.wall = Date.now() + 25 * 3_600_000;
    await using server = await TestServer.start({
      config: { storage: storageIn(bucket) },
      clock: driven.clock,
      timer: driven,
    });
    await until(() => server.logs.some(({ removed }) => removed === 1));
    expect(await left()).toBe(0);
  });
});
