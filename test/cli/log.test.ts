import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LFSB, linesOf } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { against, type Run } from './support/against.ts';

let server: TestServer;
let run: Run;

beforeAll(async () => {
  server = await TestServer.start();
  run = against(server);
  const path = join(tempDirOfSuite(), 'a.db');
  for (const db of ['a.db', 'b.db']) await run(['import', db, path]);
  await run(['restore', 'a.db', '--txid', '0x1']);
  await against(server, 'theirs')(['import', 'secret.db', path]);
});

afterAll(() => server[Symbol.asyncDispose]());

/** Its file goes away with the server's folder. */
function tempDirOfSuite(): string {
  writeFileSync(join(server.dataPath, 'a.db'), sqliteImage());
  return server.dataPath;
}

describe('log', () => {
  test('reads like a story', async () => {
    const { code, stdout, stderr } = await run(['log']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = linesOf(stdout);
    expect(lines[0]).toMatch(
      /^ +\d+ {2}\d{4}-\S+\+0[12]:00 {2}a\.db: created, with pages of 4096 B · anonymous at 127\.0\.0\.1$/,
    );
    expect(lines[1]).toMatch(/a\.db: imported a file as transaction 0x1 \(\d+ pages, .+ KiB\) · /);
    expect(stdout).not.toContain('secret');
  });

  test('filters combine, -n takes the last, --json is an event a line', async () => {
    const last = await run(['log', '-n', '1', '--json']);
    expect(linesOf(last.stdout)).toHaveLength(1);
    expect(JSON.parse(last.stdout)).toMatchObject({
      type: 'transaction.imported',
      body: { db: 'b.db' },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const some = await run(['log', '--db', 'a.db', '--type', 'database.created', '--since', '1 hour ago']);
    expect(linesOf(some.stdout)).toHaveLength(1);
    expect(some.stderr).toMatch(/^since: .+\+0[12]:00 \(.+Z\)\n$/);
    const none = await run(['log', '--until', '2001-01-01T00:00:00Z']);
    expect(none).toMatchObject({ code: 0, stdout: '' });
    expect(none.stderr).toContain('no such event\n');
    expect(await run(['log', '--type', 'no.such'])).toMatchObject({ code: 2 });
    expect((await run(['log', '--type', 'server.started'])).stdout).toContain('the server started: lfsb');
  });

  test('-f follows what happens, until it is interrupted', async () => {
    const args = ['log', '-f', '-n', '0', '--json', '--db', 'new.db', '-c', 'shop', '-e', server.url];
    const child = spawn(process.execPath, [LFSB, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.on('close', resolve));
    // It has to follow before something happens: it is let see one more event until it does.
    const first = new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
    const source = join(server.dataPath, 'a.db');
    const imports = (async () => {
      for (let i = 0; i < 3; i++) await run(['import', 'new.db', source]);
    })();
    expect(JSON.parse(linesOf(await first)[0]!)).toMatchObject({ body: { db: 'new.db' } });
    await imports;
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });

  test('show: one whole; of another cluster the digest alone; none', async () => {
    const shown = await run(['log', 'show', '1', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      seq: 1,
      type: 'server.started',
      digest: expect.any(String),
    });
    const head = Number(
      server.query<{ seq: number }>("SELECT seq FROM event WHERE db = 'secret.db'")[0]?.seq,
    );
    const hidden = await run(['log', 'show', String(head)]);
    expect(Object.keys(JSON.parse(hidden.stdout))).toEqual(['seq', 'digest', 'hash']);
    expect(await run(['log', 'show', '999999'])).toMatchObject({ code: 3 });
    expect(await run(['log', 'show', 'x'])).toMatchObject({ code: 2 });
  });
});

describe('log verify', () => {
  test('proves the chain, also past events of another cluster, against a head that was kept', async () => {
    const { code, stdout, stderr } = await run(['log', 'verify']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^\d+ events, every hash follows\n$/),
    });
    const head = stdout.trim();
    expect(head).toMatch(/^\d+:[0-9a-f]{64}$/);
    const kept = await run(['log', 'verify', '--expect', head, '--json']);
    expect(JSON.parse(kept.stdout)).toEqual({ ok: true, seq: expect.any(Number), hash: expect.any(String) });
    const rewritten = `${head.split(':')[0]}:${'0'.repeat(64)}`;
    expect(await run(['log', 'verify', '--expect', rewritten])).toMatchObject({ code: 6 });
    const cut = await run(['log', 'verify', '--expect', `999999:${'0'.repeat(64)}`, '--json']);
    expect(cut.code).toBe(6);
    expect(JSON.parse(cut.stdout).error).toMatchObject({ code: 'ELOGBROKEN' });
    expect(await run(['log', 'verify', '--expect', 'nonsense'])).toMatchObject({ code: 2 });
  });

  test.each([
    ['a changed text', "UPDATE event SET canonical = replace(canonical, 'a.db', 'z.db') WHERE seq = 3", 3],
    [
      'a text that is none',
      `UPDATE event SET canonical = replace(canonical, '"token"', '"tokens"') WHERE seq = 2`,
      2,
    ],
    ['a changed digest', 'UPDATE event SET digest = zeroblob(32) WHERE seq = 4', 4],
    ['a changed hash', 'UPDATE event SET hash = zeroblob(32) WHERE seq = 2', 2],
    ['a missing event', 'DELETE FROM event WHERE seq = 2', 2],
  ])('%s is named', async (_, sql, seq) => {
    const dataPath = tempDir();
    const damaged = await TestServer.start({ dataPath });
    await against(damaged)(['import', 'a.db', join(server.dataPath, 'a.db')]);
    await against(damaged)(['import', 'b.db', join(server.dataPath, 'a.db')]);
    await using _server = damaged;
    const db = new Database(join(dataPath, 'lfsb.db'));
    db.exec('DROP TRIGGER event_unchanged; DROP TRIGGER event_kept');
    const before = db.prepare('SELECT * FROM event').all();
    db.exec(sql);
    expect(db.prepare('SELECT * FROM event').all()).not.toEqual(before);
    db.close();
    const { code, stderr } = await against(damaged)(['log', 'verify']);
    expect(code).toBe(6);
    expect(stderr).toContain(`the log is broken at event ${seq} of ${damaged.url}: `);
    // Those of another cluster find it as well, though they are not shown the text.
    const other = await against(damaged, 'theirs')(['log', 'verify']);
    expect(other.stderr).toContain(`the log is broken at event ${seq} of `);
  });
});
