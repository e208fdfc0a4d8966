import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { S3Replica } from '../../src/storage/s3.ts';
import { until } from '../compactor-run/until.ts';
import { parseRequest } from '../real-use/steady/requests.ts';
import { type S3Proxy, startProxy } from '../storage/s3-proxy.ts';
import { keysOf } from '../storage/using.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { database, Given } from './given.ts';

const hex = (txid: bigint): string => txid.toString(16).padStart(16, '0');

requireTool('radosgw', s3Tool)('with a bucket', () => {
  let s3: S3Server;
  let proxy: S3Proxy;
  let given: Given;
  let replica: S3Replica;

  beforeAll(async () => {
    s3 = await startS3Server();
  }, S3_START_MS);
  afterAll(() => s3?.stop());
  beforeEach(async () => {
    proxy = await startProxy(s3.settings.endpoint!);
    const bucket = await s3.bucket();
    const { region, credentials } = s3.settings;
    const keys = { accessKeyId: credentials?.accessKeyId, secretAccessKey: credentials?.secretAccessKey };
    const access = { endpoint: proxy.endpoint, region, sessionToken: undefined, ...keys };
    given = await Given.start({ replicas: [`s3://${bucket}/p`], s3: access });
    replica = await S3Replica.open({ bucket, prefix: 'p', settings: s3.settings });
  });
  afterEach(async () => {
    await replica.close();
    await given[Symbol.asyncDispose]();
    await proxy.close();
  });

  const filesOf = (db: string): Promise<string[]> => keysOf(replica, `shop/${db}/`);

  it('defect 5: a file that arrives as zero bytes is no success, and what it was made of stays', async () => {
    const { driven } = given;
    const model = database();
    let emptied = 0;
    proxy.intercept = (line) => {
      if (!line.startsWith('PUT') || !line.includes('/shop/a.db/')) return null;
      emptied++;
      return { emptyBody: true };
    };
    await given.send('a.db', model);
    await until(() => {
      driven.pass(5_000);
      return emptied >= 2;
    });
    await until(() => given.server.logs.some(({ msg }) => msg === 'replica fails'), 60_000);
    expect(await filesOf('a.db')).toEqual([]);
    // Long past the retention of single transactions.
    for (let i = 0; i < 10; i++) driven.pass(600_000);
    expect(given.server.query('SELECT * FROM payload')).toHaveLength(1);
    expect(given.server.query("SELECT * FROM event WHERE type = 'file.stored'")).toEqual([]);
    proxy.intercept = () => null;
    await until(() => {
      driven.pass(60_000);
      return given.mark('a.db') === hex(1n);
    });
    expect((await filesOf('a.db')).length).toBeGreaterThan(0);
    expect((await given.client.snapshot('a.db', 'sqlite')).body.equals(model.bytes())).toBe(true);
  });

  it('defect 7: a restore by timestamp asks the bucket for no head, and sees what came a moment ago', async () => {
    const { driven, client } = given;
    const model = database();
    for (let i = 0; i < 5; i++) {
      await given.send('a.db', model);
      await until(() => {
        driven.pass(10_000);
        return given.mark('a.db') === hex(model.pos.txid);
      });
    }
    await given.send('a.db', model);
    const wanted = model.bytes();
    const moment = new Date(driven.wall).toISOString();
    driven.pass(500);
    await given.send('a.db', model);
    proxy.requests.length = 0;
    const answer = await client.send('POST', `/db/restore?db=a.db&timestamp=${encodeURIComponent(moment)}`);
    expect([answer.status, answer.json()]).toEqual([200, { txID: hex(model.pos.txid + 1n) }]);
    expect((await client.snapshot('a.db', 'sqlite')).body.equals(wanted)).toBe(true);
    const check = await client.send(
      'GET',
      `/db/restore/check?db=a.db&timestamp=${encodeURIComponent(moment)}`,
    );
    expect(check.json()).toMatchObject({ txID: hex(model.pos.txid - 1n), timestamp: moment });
    const requests = proxy.requests.map(parseRequest);
    expect(requests.filter(({ method, what }) => method === 'HEAD' || what === 'listing')).toEqual([]);
  });

  it('defect 9: the bucket is listed at no step of storing', async () => {
    const model = database();
    for (let i = 0; i < 3; i++) {
      await given.send('a.db', model);
      await until(() => {
        given.driven.pass(10_000);
        return given.mark('a.db') === hex(model.pos.txid);
      });
    }
    const requests = proxy.requests.map(parseRequest);
    expect(requests.filter(({ what, method }) => what === 'file' && method === 'PUT').length).toBeGreaterThan(
      2,
    );
    expect(requests.filter(({ what }) => what === 'listing')).toEqual([]);
  });

  it('defect 12: a deletion goes to its end though the bucket fails for some of its keys, and spares what comes after', async () => {
    const { driven, client } = given;
    const [old, later] = [database(), database()];
    for (let i = 0; i < 3; i++) {
      await given.send('a.db', old);
      await until(() => {
        driven.pass(10_000);
        return given.mark('a.db') === hex(old.pos.txid);
      });
    }
    const before = await filesOf('a.db');
    expect(before.length).toBeGreaterThanOrEqual(3);
    let refused = 0;
    const failed = before[1]!;
    proxy.intercept = (line) => {
      if (!line.startsWith('POST') || !line.includes('delete') || refused >= 2) return null;
      refused++;
      const entry = `<Error><Key>p/${failed}</Key><Code>InternalError</Code></Error>`;
      return { answer: 200, body: `<DeleteResult>${entry}</DeleteResult>` };
    };
    expect((await client.send('DELETE', '/db?db=a.db')).status).toBe(200);
    // At once again, while its files of before are being deleted.
    await given.send('a.db', later);
    await until(() => {
      driven.pass(1_000);
      return refused === 2;
    });
    expect(given.server.query("SELECT * FROM event WHERE type = 'database.purged'")).toEqual([]);
    await until(() => {
      driven.pass(10_000);
      return given.server.query("SELECT * FROM high_water WHERE db = 'a.db' AND incarnation = 2").length > 0;
    });
    expect(given.server.query("SELECT * FROM event WHERE type = 'database.purged'")).toHaveLength(1);
    const after = await filesOf('a.db');
    expect(after.length).toBeGreaterThan(0);
    expect((await client.snapshot('a.db', 'sqlite')).body.equals(later.bytes())).toBe(true);
    for (let i = 0; i < 3; i++) await given.send('a.db', later);
    await until(() => {
      driven.pass(600_000);
      return given.server.query('SELECT * FROM payload').length === 0;
    });
    // From the bucket alone: single transactions have gone.
    expect((await client.snapshot('a.db', 'sqlite')).body.equals(later.bytes())).toBe(true);
  });
});
