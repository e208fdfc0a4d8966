import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { S3Replica } from '../../src/storage/s3.ts';
import { keysOf } from '../storage/using.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { TestServer } from '../support/server.ts';
import { Driven } from './driven.ts';
import { until } from './until.ts';

requireTool('radosgw', s3Tool)('through HTTP, to a bucket', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3Server();
  }, S3_START_MS);
  afterAll(() => s3?.stop());

  it('stores with metadata, gives back when level 0 is gone, and deletes', async () => {
    const bucket = await s3.bucket();
    const { endpoint, region, credentials } = s3.settings;
    const keys = { accessKeyId: credentials?.accessKeyId, secretAccessKey: credentials?.secretAccessKey };
    const access = { endpoint: endpoint ?? undefined, region, sessionToken: undefined, ...keys };
    const storage = { ...DEFAULT_STORAGE, replicas: [`s3://${bucket}/prod`], s3: access };
    const driven = new Driven();
    await using server = await TestServer.start({ config: { storage }, clock: driven.clock, timer: driven });
    const replica = await S3Replica.open({ bucket, prefix: 'prod', settings: s3.settings });
    const client = server.client('shop');
    const model = new ModelDatabase();
    expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
    expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
    await until(() => {
      driven.pass(5_000);
      return server.query('SELECT txid FROM high_water')[0]?.['txid'] === '0000000000000002';
    });
    const [key] = await keysOf(replica, 'shop/a.db/1/');
    const head = await replica.head(key!);
    expect(head?.metadata).toMatchObject({
      'Page-Size': String(model.pageSize),
      Commit: String(model.commitPages),
      'Log-Head': expect.stringMatching(/^\d+:[0-9a-f]{64}$/),
      Sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await until(() => {
      driven.pass(120_000);
      return server.query('SELECT * FROM payload').length === 0;
    });
    await server.restart();
    const again = server.client('shop');
    const sqlite = await again.send('GET', '/db/snapshot?db=a.db&format=sqlite');
    expect(sqlite.body.equals(model.bytes())).toBe(true);
    expect((await again.send('DELETE', '/db?db=a.db')).status).toBe(200);
    await until(() => {
      driven.pass(2_000);
      return server.query("SELECT * FROM event WHERE type = 'database.purged'").length === 1;
    });
    expect(await keysOf(replica, 'shop/')).toEqual([]);
    expect(await keysOf(replica, '.lfsb/deleted/shop/a.db/')).toHaveLength(1);
    await replica.close();
  });
});
