import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LfsbClient } from '../../src/client/index.ts';
import { DEFAULT_STORAGE, type StorageConfig } from '../../src/config/index.ts';
import { SEALING_LIMITS } from '../../src/log/index.ts';
import { openReplica, type Replica } from '../../src/storage/index.ts';
import { S3Replica } from '../../src/storage/s3.ts';
import { Driven } from '../compactor-run/driven.ts';
import { until } from '../compactor-run/until.ts';
import { keysOf } from '../storage/using.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { pointsOn, projectionsOf, rebuildLog } from './rebuild.ts';

const LIMITS = { ...SEALING_LIMITS, segmentEventsMax: 25, checkpointEvents: 30, keptEvents: 10 };

interface Seen {
  readonly seq: number;
  readonly type: string;
}

/**
 * A server through HTTP, with its real threads: it seals its log to a replica, lets it leave, and tells all of it
 * nevertheless; and the replica alone holds it all.
 */
async function sealAndReadBack(storage: StorageConfig, replica: Replica): Promise<void> {
  const driven = new Driven();
  await using server = await TestServer.start({
    config: { storage },
    clock: driven.clock,
    timer: driven,
    sealing: { limits: LIMITS },
  });
  const [name] = storage.replicas;
  const model = new ModelDatabase({ pageSize: 512 });
  const states = new Map<bigint, Buffer>();
  const write = async (): Promise<void> => {
    const { ltx } = model.mutate();
    expect((await server.client('shop').post('a.db', ltx)).status).toBe(200);
    states.set(model.pos.txid, Buffer.from(model.bytes()));
  };
  const border = (): number => Number(server.query('SELECT seq FROM log_border')[0]?.['seq']);
  await until(() => server.query('SELECT * FROM log_place WHERE required = 1').length === 1);
  for (let count = 0; count < 40; count++) {
    await write();
    driven.pass(5_000);
  }
  await until(() => {
    driven.pass(5_000);
    return border() > 20;
  });
  const gone = border();

  // Everything is told, in both directions, from the replica and from here; and proves itself.
  const client = new LfsbClient({ endpoint: server.url, cluster: 'shop' });
  const whole = await all<Seen>(client.log.read());
  expect(whole.filter(({ type }) => type === 'transaction.ingested')).toHaveLength(40);
  expect(whole.some(({ seq }) => seq <= gone)).toBe(true);
  expect(whole.map(({ seq }) => seq)).toEqual(whole.map(({ seq }) => seq).toSorted((a, b) => a - b));
  const back = await all<Seen>(client.log.latest({ db: 'a.db' }));
  const ofDatabase = whole.filter((event) => (event as { body?: { db?: string } }).body?.db === 'a.db');
  expect(back.map(({ seq }) => seq)).toEqual(ofDatabase.map(({ seq }) => seq).reverse());
  expect((await client.log.proof(3))?.canonical).toContain('"seq":3');
  expect(await client.log.verify()).toMatchObject({ ok: true });
  expect((await all<Seen>(client.log.read({ type: 'server.started' }))).map(({ seq }) => seq)).toEqual([1]);

  // After a restart as well, and appends go on from the versions that streams had.
  await server.restart();
  await until(() => server.query('SELECT * FROM log_place WHERE required = 1').length === 1);
  await write();
  const again = new LfsbClient({ endpoint: server.url, cluster: 'shop' });
  expect(await again.log.verify()).toMatchObject({ ok: true });

  // Once it is idle, what is sealed is all that there is.
  for (let days = 0; ; days++) {
    await until(() => {
      driven.pass(60_000);
      return isSealed(server);
    });
    const rebuilt = await rebuildLog(replica, 'checkpoint');
    try {
      const found = projectionsOf(rebuilt);
      const live = Object.fromEntries(
        Object.keys(found).map((table) => [table, server.query(`SELECT * FROM "${table}"`)]),
      );
      // Something may have happened meanwhile: it is looked again, a while later.
      if (days < 20 && !isDeepStrictEqual(found, live)) continue;
      expect(found).toEqual(live);
      const points = await pointsOn(rebuilt, replica, name!, 'shop', 'a.db');
      expect(points.has(model.pos.txid)).toBe(true);
      for (const [txid, bytes] of points) expect(bytes.equals(states.get(txid)!)).toBe(true);
      break;
    } finally {
      rebuilt.close();
    }
  }
  const [key] = await keysOf(replica, '.lfsb/log/');
  expect(key).toMatch(/^\.lfsb\/log\/0{15}1-/);
}

const isSealed = (server: TestServer): boolean =>
  server.query(
    `SELECT 1 AS news FROM event WHERE seq > (SELECT max(last_seq) FROM log_segment)
       AND type NOT IN ('log.sealed', 'checkpoint.stored', 'checkpoint.expired')`,
  ).length === 0;

async function all<T>(events: AsyncIterable<unknown>): Promise<T[]> {
  const found: T[] = [];
  for await (const event of events) found.push(event as T);
  return found;
}

it('seals to a directory, tells what has left, and the directory alone holds it all', async () => {
  const url = pathToFileURL(tempDir()).href;
  const replica = await openReplica(url);
  await sealAndReadBack({ ...DEFAULT_STORAGE, replicas: [url] }, replica);
  await replica.close();
});

requireTool('radosgw', s3Tool)('to a bucket', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3Server();
  }, S3_START_MS);
  afterAll(() => s3?.stop());

  it('seals, tells what has left, and the bucket alone holds it all', async () => {
    const bucket = await s3.bucket();
    const { endpoint, region, credentials } = s3.settings;
    const keys = { accessKeyId: credentials?.accessKeyId, secretAccessKey: credentials?.secretAccessKey };
    const access = { endpoint: endpoint ?? undefined, region, sessionToken: undefined, ...keys };
    const replica = await S3Replica.open({ bucket, prefix: 'prod', settings: s3.settings });
    await sealAndReadBack({ ...DEFAULT_STORAGE, replicas: [`s3://${bucket}/prod`], s3: access }, replica);
    const [key] = await keysOf(replica, '.lfsb/log/');
    const { metadata } = (await replica.head(key!))!;
    expect(metadata).toMatchObject({
      'Log-Head': expect.stringMatching(/^\d+:[0-9a-f]{64}$/),
      Sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await replica.close();
  });
});
