import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../compactor-run/until.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { Random } from '../support/random.ts';
import { database, filesIn, Given } from './given.ts';

const HOUR = 3_600_000;

it('defect 4: another Litefs-Cluster-Id for a cluster is told, to the log of operations and in the log', async () => {
  await using given = await Given.start();
  const { client, server } = given;
  const model = database();
  const send = (id: string) => {
    const headers = { 'litefs-cluster-id': id };
    return client.send('POST', '/db/tx?db=a.db', { headers, body: model.mutate().ltx });
  };
  expect((await send('LFSC0000000000000001')).status).toBe(200);
  expect(server.complaints).toEqual([]);
  // It may be the same primary, come back without its disk: it is not shut out.
  expect((await send('LFSC0000000000000002')).status).toBe(200);
  const log = await client.send('GET', '/v1/log?type=primary.changed');
  expect(log.status).toBe(200);
  expect(log.body.toString()).toContain('LFSC0000000000000001');
  expect(server.complaints.map(({ msg }) => msg)).toEqual([
    'another LiteFS data directory sends for this cluster',
  ]);
});

it('defect 6: old files of every level go, and an idle database is trimmed to its current state', async () => {
  const storage = { levels: '1:10s:2m,2:1m:20m,3:10m:2h', snapshot: '1h:4h' };
  await using given = await Given.start(storage);
  const { driven } = given;
  const [idle, busy] = [database(), database()];
  for (let i = 0; i < 3; i++) await given.send('idle.db', idle);
  const begun = driven.wall;
  while (driven.wall < begun + 8 * HOUR) {
    await given.send('busy.db', busy);
    const txid = busy.pos.txid.toString(16).padStart(16, '0');
    const window = driven.wall + 600_000;
    await until(() => {
      driven.pass(60_000);
      return given.mark('busy.db') === txid && driven.wall >= window;
    });
  }
  const past = (level: number, retention: number): number =>
    filesOf(given, 'busy.db', level).filter((time) => time < driven.wall - retention - HOUR).length;
  await until(() => {
    driven.pass(10_000);
    return past(3, 2 * HOUR) === 0 && past(9, 4 * HOUR) === 0 && given.levels('idle.db').length === 1;
  });
  expect(filesOf(given, 'busy.db', 9).length).toBeGreaterThan(2);
  expect(given.levels('idle.db')).toEqual([9]);
  expect((await given.client.snapshot('idle.db', 'sqlite')).body.equals(idle.bytes())).toBe(true);
});

/** Effective times of a database's files of a level, as the catalogue has them, ms. */
const filesOf = ({ server }: Given, db: string, level: number): number[] =>
  server
    .query('SELECT effective_time AS time FROM stored_file WHERE db = ? AND level = ?', db, level)
    .map(({ time }) => Number(time));

it('defect 8: a bucket that does not answer holds up nobody who sends', async () => {
  const sockets = new Set<Socket>();
  // It takes every request, and never says a word.
  const silent = createServer((socket) => sockets.add(socket.resume()));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const s3 = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    sessionToken: undefined,
  };
  await using given = await Given.start({ replicas: ['s3://bucket/prefix'], s3 });
  const models = ['a.db', 'b.db', 'c.db'].map((db) => ({ db, model: database() }));
  for (const { db, model } of models) await given.send(db, model);
  await until(() => {
    given.driven.pass(5_000);
    return sockets.size > 0;
  });
  for (let i = 0; i < 50; i++) {
    await Promise.all(models.map(({ db, model }) => given.send(db, model)));
    given.driven.pass(5_000);
  }
  // The bucket is still being waited for.
  expect(given.server.query("SELECT * FROM outbox WHERE kind = 'put'").length).toBeGreaterThan(0);
  expect((await given.client.snapshot('a.db', 'sqlite')).body.equals(models[0]!.model.bytes())).toBe(true);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

it('defect 9: no copy of the pages stays on the local disk, and none is held in memory', async () => {
  await using given = await Given.start();
  const { client, driven, server } = given;
  const [pageSize, commit] = [4096, 6_000];
  const random = new Random(9);
  const pages = Array.from({ length: commit }, (_, i) => [i + 1, random.bytes(pageSize)] as const);
  const model = new ModelDatabase({ pageSize, timestampMs: BigInt(driven.wall) });
  const { ltx } = model.commit({ pages, timestampMs: BigInt(driven.wall) });
  const before = process.memoryUsage().arrayBuffers;
  const answer = client.send('POST', '/db/tx?db=large.db', { body: ltx });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 5);
  expect((await answer).status).toBe(200);
  clearInterval(watch);
  // The client in this process holds it once, to send it.
  expect(most).toBeLessThan(2 * ltx.byteLength);
  await until(() => {
    driven.pass(600_000);
    return (
      server.query('SELECT * FROM payload').length === 0 && server.query('SELECT * FROM outbox').length === 0
    );
  });
  await until(() => sizeOf(server.spoolPath) === 0);
  expect(sizeOf(join(server.dataPath, 'cache'))).toBeLessThan(2 * ltx.byteLength);
  const sums = server.query('SELECT sum(length(sums)) AS bytes FROM page_checksums')[0];
  expect(Number(sums?.['bytes'])).toBeLessThanOrEqual(8 * (commit + 480));
});

const sizeOf = (folder: string): number =>
  filesIn(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
