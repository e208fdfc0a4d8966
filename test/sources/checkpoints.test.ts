import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/process-state.ts';
import { expectSame, LiveDatabase } from './support/live-database.ts';
import { isCheckpointing } from './support/locks.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

async function begin(live: LiveDatabase, ...pragmas: string[]): Promise<Writer> {
  const app = new Writer('shell', live.path);
  await app.run([...pragmas, 'PRAGMA journal_mode = wal', SCHEMA, insert(20)].join('; '));
  await live.sync();
  return app;
}

/** Goes on syncing until the application is through. */
async function during<T>(live: LiveDatabase, work: Promise<T>): Promise<T> {
  let through = false;
  const done = work.finally(() => {
    through = true;
  });
  while (!through) {
    expect((await live.sync()).compared).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return done;
}

describe('an application that checkpoints', () => {
  it.each(['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'])(
    'is not kept from %s, and nothing of its WAL is lost',
    async (mode) => {
      using live = new LiveDatabase();
      const app = await begin(live);
      for (let i = 0; i < 4; i++) {
        await app.run(insert(30));
        const [busy, frames, backfilled] = (
          await during(live, app.run(`PRAGMA wal_checkpoint(${mode});`))
        ).split('|');
        // PASSIVE goes as far as readers let it.
        if (mode !== 'PASSIVE') expect([busy, backfilled]).toEqual(['0', frames]);
        await app.run(insert(5));
        expect((await live.sync()).compared).toBeNull();
        await expectSame(live);
      }
      expect(live.published.map(({ kind }) => kind).slice(1)).not.toContain('differences');
    },
  );

  it('by itself after every few pages, loses nothing', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run('PRAGMA wal_autocheckpoint = 5;');
    for (let i = 0; i < 12; i++) {
      await app.run(`${insert(7)} ${insert(3)}`);
      expect((await live.sync()).compared).toBeNull();
    }
    await expectSame(live);
  });
});

describe('the checkpoint of a source', () => {
  it('lets the WAL begin anew after 1,000 pages, again and again', async () => {
    using live = new LiveDatabase();
    const app = await begin(live, 'PRAGMA wal_autocheckpoint = 0');
    for (let i = 0; i < 4; i++) {
      await app.run(insert(1_100, 3_500));
      expect(await live.sync()).toMatchObject({ compared: null, checkpoint: 'done', transactions: 1 });
      await app.run(insert(1));
      expect(await live.sync()).toMatchObject({ compared: null, checkpoint: 'none' });
      await expectSame(live);
    }
    expect(statSync(`${live.path}-wal`).size).toBeLessThan(1_300 * 4_200);
  });

  it('of a long WAL copies most of it while the application may write', async () => {
    using live = new LiveDatabase();
    const app = await begin(live, 'PRAGMA wal_autocheckpoint = 0');
    for (let i = 0; i < 2; i++) {
      await app.run(insert(4_000, 3_500));
      expect(await live.sync()).toMatchObject({ compared: null, checkpoint: 'done', transactions: 1 });
      await expectSame(live);
      await app.run(insert(1));
      expect(await live.sync()).toMatchObject({ compared: null, walFrames: expect.toSatisfy((n) => n < 20) });
      await expectSame(live);
    }
  });

  it('takes what was committed after the sync before it, and the WAL may be begun anew', async () => {
    using live = new LiveDatabase({ checkpoint: { framesMin: 1, intervalMs: 60_000 } });
    const app = await begin(live, 'PRAGMA wal_autocheckpoint = 0');
    for (let i = 0; i < 4; i++) {
      await app.run(insert(4));
      live.meanwhile = () => app.run(insert(3));
      expect(await live.sync()).toMatchObject({ checkpoint: 'done', transactions: 2, compared: null });
      await app.run('UPDATE t SET body = randomblob(9) WHERE id = 1;');
      expect(await live.sync()).toMatchObject({ transactions: 1, compared: null });
      await expectSame(live);
    }
  });

  it('comes a minute after the last change, once', async () => {
    using live = new LiveDatabase();
    const app = await begin(live);
    await app.run(insert(1));
    expect((await live.sync()).checkpoint).toBe('none');
    live.engine.pass(60_000);
    expect(await live.sync()).toMatchObject({ checkpoint: 'done', transactions: 0 });
    live.engine.pass(60_000);
    expect(await live.sync()).toMatchObject({ checkpoint: 'none', transactions: 0 });
    await app.run(insert(1));
    expect(await live.sync()).toMatchObject({ compared: null, transactions: 1 });
    await expectSame(live);
  });

  it('waits for a reader of the application to go on, and takes the rest then', async () => {
    using live = new LiveDatabase();
    const app = await begin(live, 'PRAGMA wal_autocheckpoint = 0');
    const reader = new Writer('python', live.path);
    await reader.run('BEGIN; SELECT count(*) FROM t;');
    await app.run(insert(1_100, 3_500));
    expect(await live.sync()).toMatchObject({ checkpoint: 'unfinished', compared: null });
    expect(await live.sync()).toMatchObject({ checkpoint: 'none' });
    await reader.run('COMMIT;');
    live.engine.pass(5_000);
    expect(await live.sync()).toMatchObject({ checkpoint: 'done' });
    await expectSame(live);
  });

  it('gives way to one of the application that waits for a reader', async () => {
    using live = new LiveDatabase();
    const app = await begin(live, 'PRAGMA wal_autocheckpoint = 0');
    const reader = new Writer('python', live.path);
    await reader.run('BEGIN; SELECT count(*) FROM t;');
    await app.run(insert(4_000, 3_500));
    const waiting = app.run('PRAGMA wal_checkpoint(RESTART);');
    await eventually('it waits', () => isCheckpointing(live));
    expect(await live.sync()).toMatchObject({ checkpoint: 'busy', compared: null });
    await reader.run('COMMIT;');
    expect(await during(live, waiting)).toMatch(/^0/);
    await expectSame(live);
  });

  it('gives way to a writer, and does not touch what it wrote', async () => {
    using live = new LiveDatabase();
    const app = await begin(live, 'PRAGMA wal_autocheckpoint = 0');
    await app.run(insert(1_100, 3_500));
    await app.run(`BEGIN IMMEDIATE; ${insert(1)}`);
    expect(await live.sync()).toMatchObject({ checkpoint: 'busy', transactions: 1 });
    await app.run('COMMIT;');
    live.engine.pass(5_000);
    expect(await live.sync()).toMatchObject({ checkpoint: 'done', transactions: 1 });
    await expectSame(live);
  });
});
