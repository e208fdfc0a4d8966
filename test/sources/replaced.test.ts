import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSame, LiveDatabase } from './support/live-database.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

const shell = (path: string, sql: string): string =>
  execFileSync('sqlite3', [path, sql], { encoding: 'utf8' });
const removeWal = (path: string): void => {
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
};
/** Another process copies: to close the file here would drop the locks of the source. */
const copy = (from: string, to: string): unknown => execFileSync('cp', [from, to]);

async function begin(live: LiveDatabase): Promise<Writer> {
  const app = new Writer('shell', live.path);
  await app.run(`PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(20)}`);
  await live.sync();
  return app;
}

/** A database in one file, made elsewhere. */
function anotherDatabase(live: LiveDatabase, pageSize = 4096): string {
  const path = join(live.folder, 'new.db');
  shell(path, `PRAGMA page_size = ${pageSize}; ${SCHEMA}; ${insert(60)}`);
  return path;
}

describe('a database behind a symbolic link', () => {
  it('is followed where the link leads, its WAL beside it, and elsewhere when the link is another', async () => {
    using live = new LiveDatabase();
    const [first, second] = ['first', 'second'].map((name) => join(live.folder, name, 'app.db'));
    for (const path of [first!, second!]) {
      mkdirSync(dirname(path));
      shell(path, `PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(20)}`);
    }
    symlinkSync(first!, live.path);
    for (let i = 0; i < 2; i++) {
      expect(await live.sync()).toMatchObject({ state: 'current', transactions: 1 });
      await expectSame(live);
      shell(live.path, insert(3));
    }
    rmSync(live.path);
    symlinkSync(second!, live.path);
    expect(await live.sync()).toMatchObject({ state: 'current', reopened: 'the file was replaced' });
    await expectSame(live);
  });
});

describe('a database that is replaced while it is followed', () => {
  it('by rename, without its WAL, goes on as the new one; the last of the old one is stored too', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(insert(5));
    await app.kill();
    const last = live.bytes();
    removeWal(live.path);
    renameSync(anotherDatabase(live), live.path);
    const report = await live.sync();
    expect(report).toMatchObject({ state: 'current', reopened: 'the file was replaced', transactions: 2 });
    expect((await live.restored(2)).equals(last)).toBe(true);
    await expectSame(live);
    shell(live.path, insert(3));
    expect(await live.sync()).toMatchObject({ compared: null, transactions: 1 });
    await expectSame(live);
  });

  it('beside the WAL of the old one is not opened, for that would mix the two', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.kill();
    renameSync(anotherDatabase(live), live.path);
    for (let i = 0; i < 3; i++) {
      expect(await live.sync()).toMatchObject({ state: 'foreign-wal', transactions: 0 });
    }
    removeWal(live.path);
    expect(await live.sync()).toMatchObject({ state: 'current', transactions: 1 });
    expect(shell(live.path, 'SELECT count(*) FROM t')).toBe('60\n');
    await expectSame(live);
  });

  it('with pages of another size begins anew behind a deletion', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.kill();
    removeWal(live.path);
    renameSync(anotherDatabase(live, 1024), live.path);
    expect(await live.sync()).toMatchObject({ state: 'current', transactions: 2 });
    expect(live.published.map(({ kind }) => kind)).toEqual(['snapshot', 'deletion', 'snapshot']);
    await expectSame(live);
    shell(live.path, insert(3));
    expect(await live.sync()).toMatchObject({ compared: null, transactions: 1 });
    await expectSame(live);
  });

  it('by nothing is missing, keeps what is stored, and goes on when it is there again', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(insert(2));
    await app.kill();
    const last = live.bytes();
    removeWal(live.path);
    rmSync(live.path);
    expect(await live.sync()).toMatchObject({ state: 'missing', transactions: 1 });
    expect(await live.sync()).toMatchObject({ state: 'missing', transactions: 0 });
    expect((await live.restored()).equals(last)).toBe(true);
    renameSync(anotherDatabase(live), live.path);
    expect(await live.sync()).toMatchObject({ state: 'current', transactions: 1 });
    await expectSame(live);
  });

  it('loses its WAL, and is compared', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(insert(2));
    await live.sync();
    live.engine.pass(60_000);
    expect((await live.sync()).checkpoint).toBe('done');
    await app.kill();
    removeWal(live.path);
    expect(await live.sync()).toMatchObject({ reopened: 'the WAL vanished', state: 'current' });
    await expectSame(live);
    shell(live.path, insert(3));
    await live.sync();
    await expectSame(live);
  });
});

describe('a database that is changed while nobody follows it', () => {
  async function stopped(): Promise<LiveDatabase> {
    const live = new LiveDatabase();
    const app = await begin(live);
    await app.run(insert(5));
    await live.sync();
    await app.end();
    live.source.close();
    return live;
  }

  it('is not read again when nothing happened', async () => {
    using live = await stopped();
    live.restart();
    expect(await live.sync()).toMatchObject({ compared: null, transactions: 0 });
  });

  it('is followed from its WAL when that was appended to', async () => {
    using live = await stopped();
    const app = new Writer('python', live.path);
    await app.run(insert(5));
    live.restart();
    expect(await live.sync()).toMatchObject({ compared: null, transactions: 1 });
    await expectSame(live);
  });

  it('is followed from the start of its WAL when that was begun anew, and all of it was read', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(insert(5));
    await live.sync();
    live.engine.pass(60_000);
    expect((await live.sync()).checkpoint).toBe('done');
    live.source.close();
    await app.run(insert(1, 10));
    live.restart();
    expect(await live.sync()).toMatchObject({ compared: null, transactions: 1 });
    await expectSame(live);
  });

  it.each([
    ['was checkpointed away', insert(2)],
    ['is not one any more, since the journal mode is another', `PRAGMA journal_mode = delete; ${insert(2)}`],
    ['was vacuumed', `DELETE FROM t WHERE id > 9; PRAGMA journal_mode = delete; VACUUM;`],
  ])('is compared when the WAL %s', async (_, sql) => {
    using live = await stopped();
    shell(live.path, sql);
    expect(existsSync(`${live.path}-wal`)).toBe(false);
    live.restart();
    const report = await live.sync();
    expect(report.compared).not.toBeNull();
    expect(live.published.at(-1)?.kind).toBe('differences');
    await expectSame(live);
  });

  it('stores only the pages that differ', async () => {
    using live = await stopped();
    shell(live.path, `${insert(400, 3_000)}`);
    live.restart();
    await live.sync();
    live.source.close();
    shell(live.path, 'UPDATE t SET body = 1 WHERE id = 30;');
    live.restart();
    const { compared, pages } = await live.sync();
    expect(compared).not.toBeNull();
    expect(pages).toBeLessThan(10);
    await expectSame(live);
  });

  it('begins anew behind a deletion when its pages have another size', async () => {
    using live = await stopped();
    shell(live.path, 'PRAGMA journal_mode = delete; PRAGMA page_size = 16384; VACUUM;');
    live.restart();
    await live.sync();
    expect(live.published.map(({ kind }) => kind).slice(-2)).toEqual(['deletion', 'snapshot']);
    await expectSame(live);
  });

  it('is compared when it was restored from a copy', async () => {
    using live = await stopped();
    const backup = join(live.folder, 'backup.db');
    shell(live.path, `VACUUM INTO '${backup}'`);
    shell(live.path, insert(20));
    live.restart();
    await live.sync();
    live.source.close();
    removeWal(live.path);
    copy(backup, live.path);
    live.restart();
    expect((await live.sync()).compared).not.toBeNull();
    await expectSame(live);
  });

  it('is compared when a copy was put over it and its WAL left', async () => {
    using live = await stopped();
    const backup = join(live.folder, 'backup.db');
    shell(live.path, `VACUUM INTO '${backup}'`);
    live.restart();
    const app = new Writer('shell', live.path);
    await app.run('UPDATE t SET body = 7 WHERE id = 3;');
    await live.sync();
    live.source.close();
    await app.kill();
    expect(existsSync(`${live.path}-wal`)).toBe(true);
    copy(backup, live.path);
    live.restart();
    expect((await live.sync()).compared).toBe('the file was written to meanwhile');
    await expectSame(live);
  });
});
