import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { fileDrilledAt, lastDrill } from '../../src/projections/drills.ts';
import { Driven } from '../compactor-run/driven.ts';
import { until } from '../compactor-run/until.ts';
import type { Answer } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';

type Line = Record<string, unknown>;
const linesOf = (answer: Answer): Line[] =>
  answer.body
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ltx'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** A server with some directories as replicas, and a clock that the test turns. */
async function served(roots: readonly string[]): Promise<{ server: TestServer; driven: Driven }> {
  const driven = new Driven();
  const storage = { ...DEFAULT_STORAGE, replicas: roots.map((root) => pathToFileURL(root).href) };
  return {
    server: await TestServer.start({ config: { storage }, clock: driven.clock, timer: driven }),
    driven,
  };
}

/** How many points each replica has, by name. */
const pointsOf = (server: TestServer): { replica: string; points: number; last: string }[] =>
  server.query(
    `SELECT replica, count(DISTINCT max_txid) AS points, max(max_txid) AS last FROM stored_file
       JOIN replica ON replica.name = stored_file.replica GROUP BY replica ORDER BY ordinal`,
  );

/** Writes some transactions, each stored before the next. */
async function filled({ server, driven }: Awaited<ReturnType<typeof served>>, replicas: number) {
  const model = new ModelDatabase({ pageSize: 512 });
  for (let i = 1; i <= 3; i++) {
    await server.client('shop').post('a.db', model.mutate({ pagesMax: 20 }).ltx);
    await until(() => {
      driven.pass(2_000);
      const stored = pointsOf(server).filter(({ last }) => Number(last) >= i);
      return stored.length === replicas;
    });
  }
}

const verify = (server: TestServer, query = '', db = 'a.db'): Promise<Answer> =>
  server.client('shop').send('POST', `/v1/db/verify?db=${db}${query}`);

test('what two replicas hold is proven on each, told line by line, and put on record', async () => {
  const roots = [tempDir(), tempDir()];
  const all = await served(roots);
  await using server = all.server;
  await filled(all, 2);
  const answer = await verify(server, '&all');
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toContain('application/x-ndjson');
  const lines = linesOf(answer);
  const had = pointsOf(server);
  const names = had.map(({ replica }) => replica);
  const total = had.reduce((sum, { points }) => sum + points, 0);
  expect(lines.filter(({ kind }) => kind === 'begun')).toEqual(
    had.map(({ replica, points }) => ({ kind: 'begun', replica, points })),
  );
  const points = lines.filter(({ kind }) => kind === 'point');
  expect(points).toHaveLength(total);
  expect(points.at(-1)).toMatchObject({ txid: '0000000000000003', ok: true, replica: names[1] });
  const verdict = lines.at(-1)!;
  expect(verdict).toMatchObject({ kind: 'verdict', ok: true, points: total, failed: 0, replicas: names });
  const event = server.query<{ canonical: string }>(
    'SELECT canonical FROM event WHERE seq = ?',
    Number(verdict['event']),
  );
  const { type, body, actor } = JSON.parse(event[0]!.canonical);
  expect({ type, actor }).toMatchObject({ type: 'database.verified', actor: { cluster: 'shop' } });
  expect(body).toMatchObject({ outcome: 'passed', points: total, txid: '0000000000000003', failure: null });
  expect(body.largest.length).toBeGreaterThan(5);
  expect(lastDrill(server.sql, 'shop', 'a.db')).toMatchObject({ outcome: 'passed', points: total });
  const file = { cluster: 'shop', db: 'a.db', incarnation: 1, ...body.largest[0] };
  expect(fileDrilledAt(server.sql, file)).toBe(all.driven.wall);
  expect(fileDrilledAt(server.sql, { ...file, replica: 'other' })).toBeNull();
});

test('without all it is the newest point, or the one that is named; a wrong byte is an error on record', async () => {
  const root = tempDir();
  const all = await served([root]);
  await using server = all.server;
  await filled(all, 1);
  expect(linesOf(await verify(server)).at(-1)).toMatchObject({ ok: true, points: 1 });
  const named = linesOf(await verify(server, '&txid=0000000000000002'));
  expect(named[1]).toMatchObject({ kind: 'point', txid: '0000000000000002', ok: true });
  // The last file of level 1 leads to the third point alone.
  const path = filesIn(root).find((each) => each.includes('/1/0000000000000003-'))!;
  const bytes = readFileSync(path);
  bytes[bytes.length - 60]! ^= 1;
  writeFileSync(path, bytes);
  const bad = linesOf(await verify(server, '&all'));
  const failed = bad.filter(({ kind, ok }) => kind === 'point' && ok === false);
  expect(failed).toMatchObject([{ txid: '0000000000000003', code: 'ECORRUPT' }]);
  expect(bad.at(-1)).toMatchObject({
    kind: 'verdict',
    ok: false,
    failed: 1,
    code: 'ECORRUPT',
    error: expect.stringContaining('shop/a.db/1/0000000000000003-0000000000000003.ltx is damaged'),
  });
  const last = lastDrill(server.sql, 'shop', 'a.db');
  expect(last).toMatchObject({ outcome: 'failed', failed: 1, passedAt: expect.any(Number) });
  expect(server.complaints.map(({ msg }) => msg)).toContain('database failed its verification');
  rmSync(path);
  expect(linesOf(await verify(server)).at(-1)).toMatchObject({
    ok: false,
    error: expect.stringContaining('is not there'),
  });
});

test('what no replica has yet is built from the data directory, and said to be', async () => {
  const root = tempDir();
  const { server: started } = await served([root]);
  await using server = started;
  const model = new ModelDatabase();
  await server.client('shop').post('a.db', model.mutate().ltx);
  for (const query of ['', '&all', '&txid=0000000000000001']) {
    const lines = linesOf(await verify(server, query));
    expect(lines[0]).toEqual({ kind: 'begun', replica: null, points: 1 });
    expect(lines.at(-1)).toMatchObject({ ok: true, points: 1, replicas: [] });
  }
});

test('what cannot be verified is refused with a status of its own, and leaves no event', async () => {
  const { server: started } = await served([tempDir()]);
  await using server = started;
  await server.client('shop').post('a.db', new ModelDatabase().mutate().ltx);
  expect(await verify(server, '', 'b.db')).toMatchObject({ status: 404 });
  expect((await verify(server, '&txid=00000000000000ff')).json()).toMatchObject({ code: 'ENOTXID' });
  expect((await verify(server, '&all&txid=0000000000000001')).json()).toMatchObject({ code: 'EBADINPUT' });
  expect((await server.client('shop').send('GET', '/v1/db/verify?db=a.db')).status).toBe(405);
  expect(server.query("SELECT seq FROM event WHERE type = 'database.verified'")).toEqual([]);
});
