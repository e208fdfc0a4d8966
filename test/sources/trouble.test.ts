import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LfsbError } from '../../src/errors/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { expectSame, LiveDatabase } from './support/live-database.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

async function begin(live: LiveDatabase): Promise<Writer> {
  const app = new Writer('shell', live.path);
  await app.run(`PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; ${SCHEMA}; ${insert(20)}`);
  return app;
}

/** Another process's locks on the file stay as they are: it is opened and closed in neither. */
function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

describe('a database that is locked', () => {
  it('is an error that passes', async () => {
    using live = new LiveDatabase();
    const app = new Writer('python', live.path);
    await app.run(`PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(9)}`);
    for (let i = 0; i < 2; i++) await expect(live.sync()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
    await app.end();
    expect(await live.sync()).toMatchObject({ state: 'current', transactions: 1 });
    await expectSame(live);
  });

  it('by a transaction in another journal mode is an error that passes', async () => {
    using live = new LiveDatabase();
    const app = new Writer('python', live.path);
    await app.run(`${SCHEMA}; BEGIN IMMEDIATE; ${insert(9)}`);
    await expect(live.sync()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
    await app.run('COMMIT;');
    expect(await live.sync()).toMatchObject({ state: 'current', transactions: 1 });
    expect(String(execFileSync('sqlite3', [live.path, 'PRAGMA journal_mode']))).toBe('wal\n');
    await expectSame(live);
  });

  it('in WAL mode cannot leave it while it is followed', async () => {
    using live = new LiveDatabase();
    const app = new Writer('python', live.path);
    await app.run(`PRAGMA journal_mode = wal; ${SCHEMA}; PRAGMA busy_timeout = 50;`);
    await live.sync();
    expect(await app.run('PRAGMA journal_mode = delete;')).toContain('locked');
    await app.run(insert(3));
    expect(await live.sync()).toMatchObject({ compared: null, transactions: 1 });
  });
});

describe('what is no database', () => {
  it.each([
    ['text', Buffer.from('this is no database, however long it may be '.repeat(100))],
    ['noise', Buffer.alloc(4096, 0xa5)],
  ])('is an error that says so: %s', async (_, bytes) => {
    using live = new LiveDatabase();
    writeFileSync(live.path, bytes);
    await expect(live.sync()).rejects.toMatchObject({ code: 'EBADDATABASE' });
    expect(readFileSync(live.path).equals(bytes)).toBe(true);
    rmSync(live.path);
    expect(await live.sync()).toMatchObject({ state: 'missing' });
  });
});

describe('a WAL that is damaged', () => {
  /** A database with 40 frames that are not in the main file, and nothing read of them. */
  async function withDamage(live: LiveDatabase, at: (frames: number) => number): Promise<Writer> {
    const app = await begin(live);
    await live.sync();
    const from = statSync(`${live.path}-wal`).size;
    await app.run(insert(300, 1_000));
    overwrite(`${live.path}-wal`, at(from), Buffer.from([1, 2, 3, 4, 5]));
    return app;
  }

  it('in a page is told of, and what SQLite reads is stored', async () => {
    using live = new LiveDatabase();
    const app = await withDamage(live, (from) => from + 4120 * 10 + 2_000);
    const report = await live.sync();
    expect(report.compared).toContain('damaged');
    expect(report.warnings.join()).toContain('damaged');
    await expectStored(live);
    await app.run(insert(4));
    expect(await live.sync()).toMatchObject({ transactions: 1, compared: null });
    await expectSame(live);
  });

  it('in the header of a frame is told of, and what SQLite reads is stored', async () => {
    using live = new LiveDatabase();
    await withDamage(live, (from) => from + 4120 * 10 + 8);
    expect((await live.sync()).compared).toContain('damaged');
    await expectStored(live);
  });

  it('in its own header is told of, and what SQLite reads is stored', async () => {
    using live = new LiveDatabase();
    await withDamage(live, () => 12);
    expect((await live.sync()).compared).toContain('damaged');
    await expectStored(live);
  });

  it('is an error while a reader keeps it from the main file', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    const reader = new Writer('python', live.path);
    await reader.run('BEGIN; SELECT count(*) FROM t;');
    await live.sync();
    const from = statSync(`${live.path}-wal`).size;
    await app.run(insert(300, 1_000));
    overwrite(`${live.path}-wal`, from + 5_000, Buffer.from([1, 2, 3, 4, 5]));
    await expect(live.sync()).rejects.toMatchObject({ code: 'ECORRUPT' });
    expect(live.published).toHaveLength(1);
    await reader.run('COMMIT;');
    expect(await live.sync()).toMatchObject({ state: 'current' });
    await expectStored(live);
  });

  /** The pages that are in the main file, once all of them are there. */
  async function expectStored(live: LiveDatabase): Promise<void> {
    const main = join(tempDir(), 'main.db');
    execFileSync('sqlite3', [live.path, 'PRAGMA wal_checkpoint(PASSIVE)']);
    execFileSync('cp', [live.path, main]);
    const [stored, there] = [await live.restored(), readFileSync(main)];
    const pages = Array.from({ length: Math.max(stored.length, there.length) / 4096 }, (_, i) => i + 1);
    const page = (bytes: Buffer, number: number) => bytes.subarray((number - 1) * 4096, number * 4096);
    expect(pages.filter((number) => !page(stored, number).equals(page(there, number)))).toEqual([]);
  }
});

describe('an engine that takes nothing', () => {
  it('gets the same again, without a comparison', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    live.failNext = new LfsbError('EUNAVAILABLE', 'no');
    await expect(live.sync()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
    expect(await live.sync()).toMatchObject({ transactions: 1 });
    for (let i = 0; i < 3; i++) {
      await app.run(insert(4));
      live.failNext = new LfsbError('EUNAVAILABLE', 'no');
      await expect(live.sync()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
      expect(await live.sync()).toMatchObject({ transactions: 1, compared: null });
    }
    await expectSame(live);
  });

  it('fails in the middle of a checkpoint, and the database is compared', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await live.sync();
    await app.run(insert(1_100, 3_500));
    live.failNext = new LfsbError('EUNAVAILABLE', 'no');
    await expect(live.sync()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
    expect(await live.sync()).toMatchObject({ checkpoint: 'done' });
    await expectSame(live);
  });
});

const canMount = process.getuid?.() === 0;

describe.skipIf(!canMount)('a disk that is full', () => {
  it('is an error that passes', async () => {
    const disk = join(tempDir(), 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', disk]);
    });
    using live = new LiveDatabase({ path: join(disk, 'app.db') });
    const app = await begin(live);
    await live.sync();
    await app.run(insert(400, 3_000));
    await live.sync();
    writeFileSync(join(disk, 'ballast'), '');
    fill(join(disk, 'ballast'));
    live.engine.pass(60_000);
    await expect(live.sync()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
    rmSync(join(disk, 'ballast'));
    expect(await live.sync()).toMatchObject({ state: 'current' });
    live.engine.pass(60_000);
    expect(await live.sync()).toMatchObject({ state: 'current' });
    await expectSame(live);
  });
});

function fill(path: string): void {
  const fd = openSync(path, 'a');
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096, 1));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(fd);
  }
}

describe('a database without bookkeeping', () => {
  it('gets the tables that Litestream has, once', async () => {
    using live = new LiveDatabase();
    const db = new Database(live.path);
    db.exec(SCHEMA);
    db.close();
    await live.sync();
    const tables = execFileSync('sqlite3', [
      live.path,
      "SELECT sql FROM sqlite_schema WHERE name LIKE '%litestream%' ORDER BY name",
    ]);
    expect(String(tables)).toBe(
      'CREATE TABLE _litestream_lock (id INTEGER)\nCREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)\n',
    );
    live.restart();
    expect(await live.sync()).toMatchObject({ transactions: 0, compared: null });
  });
});
