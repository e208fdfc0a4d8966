import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { against, type Run } from './support/against.ts';

let server: TestServer;
let run: Run;

beforeAll(async () => {
  server = await TestServer.start();
  run = against(server);
});

afterAll(() => server[Symbol.asyncDispose]());

test('a database in WAL mode that is being written to is taken as it is at one moment', async () => {
  const path = join(tempDir(), 'live.db');
  using live = new Disposer(new Database(path));
  const { db } = live;
  db.pragma('journal_mode = WAL');
  // Both tables always have the same number of rows: a torn copy would not.
  db.exec('CREATE TABLE a (x); CREATE TABLE b (x)');
  const add = db.transaction((count: number) => {
    for (let i = 0; i < count; i++) {
      db.prepare('INSERT INTO a VALUES (randomblob(300))').run();
      db.prepare('INSERT INTO b VALUES (randomblob(300))').run();
    }
  });
  add(5_000);
  const writer = setInterval(() => add(20), 2);
  const imported = await run(['import', 'live.db', path]).finally(() => clearInterval(writer));
  expect(imported.code).toBe(0);
  expect(imported.stderr).toContain(`${path}-wal is not empty: sending a copy made by SQLite's backup API\n`);
  const copy = join(tempDir(), 'copy.db');
  expect(await run(['export', 'live.db', '-o', copy])).toMatchObject({ code: 0 });
  using taken = new Disposer(new Database(copy));
  expect(taken.db.pragma('integrity_check', { simple: true })).toBe('ok');
  const { a, b } = taken.db
    .prepare('SELECT (SELECT count(*) FROM a) AS a, (SELECT count(*) FROM b) AS b')
    .get() as Record<string, number>;
  expect(a).toBe(b);
  expect(a).toBeGreaterThanOrEqual(5_000);
});

test('what a crash left in a rollback journal is undone in the copy, and the file is named', async () => {
  const folder = tempDir();
  const path = join(folder, 'crashed.db');
  const hot = join(folder, 'hot.db');
  using crashing = new Disposer(new Database(path));
  // With so small a cache the changes go into the file before they are committed.
  crashing.db.exec('PRAGMA journal_mode = DELETE; PRAGMA cache_size = 5; CREATE TABLE a (x)');
  const fill = crashing.db.prepare('INSERT INTO a VALUES (randomblob(900))');
  crashing.db.transaction(() => {
    for (let i = 0; i < 200; i++) fill.run();
  })();
  crashing.db.exec('BEGIN; UPDATE a SET x = zeroblob(900)');
  for (const suffix of ['', '-journal']) copyFileSync(`${path}${suffix}`, `${hot}${suffix}`);
  crashing.db.exec('ROLLBACK');
  expect(readFileSync(`${hot}-journal`).length).toBeGreaterThan(512);
  expect(readFileSync(hot).equals(readFileSync(path))).toBe(false);
  const imported = await run(['import', 'hot.db', hot]);
  expect(imported.code).toBe(0);
  expect(imported.stderr).toContain(
    `${hot}-journal is not empty: sending a copy made by SQLite's backup API\n`,
  );
  const copy = join(folder, 'copy.db');
  expect(await run(['export', 'hot.db', '-o', copy])).toMatchObject({ code: 0 });
  using taken = new Disposer(new Database(copy));
  expect(taken.db.pragma('integrity_check', { simple: true })).toBe('ok');
  const { zeros, rows } = taken.db
    .prepare('SELECT count(*) AS rows, sum(x = zeroblob(900)) AS zeros FROM a')
    .get() as Record<string, number>;
  expect({ zeros, rows }).toEqual({ zeros: 0, rows: 200 });
});

test('a pipe that is closed ends an export without a word', async () => {
  const path = join(tempDir(), 'large.db');
  using large = new Disposer(new Database(path));
  large.db.exec('CREATE TABLE a (x); INSERT INTO a VALUES (zeroblob(20000000))');
  expect((await run(['import', 'large.db', path])).code).toBe(0);
  const command = `"${process.execPath}" "${LFSB}" export large.db -c shop -e ${server.url} | head -c 16; echo ":\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command]);
  expect({ stdout, stderr }).toEqual({ stdout: 'SQLite format 3\0:141\n', stderr: '' });
  expect(readFileSync(path).length).toBeGreaterThan(20_000_000);
});

class Disposer implements Disposable {
  readonly db: Database.Database;

  constructor(db: Database.Database) {
    this.db = db;
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}
