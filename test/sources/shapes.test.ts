import { describe, expect, it } from 'vitest';
import { expectSame, LiveDatabase } from './support/live-database.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

async function begin(live: LiveDatabase, pageSize = 4096): Promise<Writer> {
  const app = new Writer('shell', live.path);
  await app.run(
    `PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(20)} PRAGMA cache_size = 20;`,
  );
  await live.sync();
  return app;
}

/** What was committed is stored from the WAL alone, and is what is there. */
async function expectFollowed(live: LiveDatabase): Promise<void> {
  expect(await live.sync()).toMatchObject({ compared: null, reopened: null, warnings: [] });
  await expectSame(live);
}

describe.each([512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536])('pages of %i bytes', (pageSize) => {
  it('are followed, also after a stop', async () => {
    using live = new LiveDatabase();
    const app = await begin(live, pageSize);
    for (let i = 0; i < 3; i++) {
      await app.run(`${insert(40, 900)} DELETE FROM t WHERE id % 5 = ${i};`);
      await expectFollowed(live);
      live.restart();
      await expectFollowed(live);
    }
  });
});

describe('a transaction', () => {
  it('larger than a page cache, which spills and is rolled back, leaves nothing', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(`BEGIN; ${insert(400, 3_500)}`);
    expect(await live.sync()).toMatchObject({ transactions: 0 });
    await app.run('ROLLBACK;');
    expect(await live.sync()).toMatchObject({ transactions: 0 });
    await app.run(insert(3));
    await expectFollowed(live);
  });

  it('over several restarts of the WAL is stored', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    for (let i = 0; i < 3; i++) {
      await app.run(`BEGIN; ${insert(1_200, 3_500)}`);
      await live.sync();
      await app.run(`UPDATE t SET body = randomblob(100) WHERE id % 3 = ${i}; COMMIT;`);
      await expectFollowed(live);
    }
  });

  it('that grows the database by pages nobody wrote is whole', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(`BEGIN; ${insert(300, 3_500)} DELETE FROM t WHERE id > 40; ${insert(1)} COMMIT;`);
    await expectFollowed(live);
    // Shrunk, and grown again within one WAL: pages come back that only an earlier frame holds.
    await app.run('PRAGMA auto_vacuum = incremental; VACUUM;');
    await app.run(`${insert(300, 3_500)}`);
    await live.sync();
    await app.run('DELETE FROM t WHERE id > 30; PRAGMA incremental_vacuum;');
    await expectFollowed(live);
    await app.run(`BEGIN; ${insert(300, 3_500)} DELETE FROM t WHERE id > 30; COMMIT;`);
    await expectFollowed(live);
  });
});

describe('a database', () => {
  it('that is vacuumed shrinks', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(`${insert(500, 3_000)} DELETE FROM t WHERE id % 10 > 0;`);
    await live.sync();
    const before = (await live.restored()).byteLength;
    await app.run('VACUUM;');
    await expectFollowed(live);
    expect((await live.restored()).byteLength).toBeLessThan(before / 2);
    await app.run(`PRAGMA wal_checkpoint(PASSIVE); ${insert(100)}`);
    await expectFollowed(live);
  });

  it('whose schema changes is followed', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    for (const sql of [
      'ALTER TABLE t ADD COLUMN note TEXT;',
      'CREATE INDEX i ON t (note);',
      'CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES (1);',
      'CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET note = new.id WHERE id = new.id; END; INSERT INTO t (body) VALUES (1);',
      'DROP INDEX i; DROP TABLE f;',
      'REINDEX; ANALYZE;',
    ]) {
      await app.run(sql);
      await expectFollowed(live);
    }
  });

  it('that is attached to another is followed, and so is the other', async () => {
    using one = new LiveDatabase();
    using other = new LiveDatabase();
    const app = await begin(one);
    const second = await begin(other);
    await second.end();
    await app.run(`ATTACH '${other.path}' AS other;`);
    for (let i = 0; i < 3; i++) {
      await app.run('BEGIN; INSERT INTO t (body) VALUES (1); INSERT INTO other.t (body) VALUES (2); COMMIT;');
      await expectFollowed(one);
      await expectFollowed(other);
    }
  });
});
