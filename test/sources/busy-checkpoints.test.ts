import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/process-state.ts';
import { expectSame, LiveDatabase } from './support/live-database.ts';
import { isCheckpointing } from './support/locks.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

/** Between two syncs, ms. */
const PAUSE_MS = 20;

const ROUNDS = 8;

/** Long enough that only one who waits for what does not come sees its end, ms. */
const PATIENCE = 'PRAGMA busy_timeout = 20000';

const update = (i: number): string => `UPDATE t SET body = randomblob(${9 + i}) WHERE id = 1;`;

/** Goes on syncing until the applications are through, and once more. */
async function during(live: LiveDatabase, work: Promise<unknown>, mayCompare = false): Promise<void> {
  let through = false;
  const done = work.finally(() => {
    through = true;
  });
  const sync = async () => {
    const { compared } = await live.sync();
    if (!mayCompare) expect(compared).toBeNull();
  };
  while (!through) {
    await sync();
    await sleep(PAUSE_MS);
  }
  await done;
  await sync();
}

async function begin(live: LiveDatabase): Promise<Writer> {
  const app = new Writer('shell', live.path);
  await app.run(
    `PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(300)} PRAGMA wal_autocheckpoint = 0; ${PATIENCE};`,
  );
  await live.sync();
  return app;
}

/** A transaction and a checkpoint behind it, again and again; what is not done at its end is answered with 1. */
async function checkpointing(app: Writer, mode: string, change: (i: number) => string, pauseMs = 0) {
  for (let i = 0; i < ROUNDS; i++) {
    expect(await app.run(change(i))).toBe('');
    await sleep(pauseMs);
    const [busy, frames, backfilled] = (await app.run(`PRAGMA wal_checkpoint(${mode});`)).split('|');
    expect([busy, backfilled]).toEqual(['0', frames]);
  }
}

describe.each(['FULL', 'RESTART', 'TRUNCATE'])(
  'an application that checkpoints %s after each transaction',
  (mode) => {
    it.each<[what: string, change: (i: number) => string, pauseMs: number]>([
      ['each WAL is as long as the one before', update, 0],
      ['each is longer', (i) => insert(2 + i * 10), 0],
      ['each is shorter', (i) => insert(2 + (ROUNDS - i) * 10), 0],
      ['each is as long, and there is a sync between', update, 3 * PAUSE_MS],
      ['each is as long as the one before the last', (i) => (i % 2 === 0 ? update(i) : insert(30)), 0],
    ])('is not kept from it where %s', async (_, change, pauseMs) => {
      using live = new LiveDatabase();
      const app = await begin(live);
      await during(live, checkpointing(app, mode, change, pauseMs));
      await expectSame(live);
    });

    it('is not kept from it beside another that writes', async () => {
      using live = new LiveDatabase();
      const app = await begin(live);
      const other = new Writer('python', live.path);
      await other.run(`${PATIENCE};`);
      // A connection that did not itself begin a WAL anew makes up new salts for one that another emptied.
      const mayCompare = mode === 'TRUNCATE';
      await during(live, Promise.all([checkpointing(app, mode, update), changing(other)]), mayCompare);
      await expectSame(live);
    });

    it('waits for two syncs at most', async () => {
      using live = new LiveDatabase();
      const app = await begin(live);
      for (let i = 0; i < ROUNDS; i++) {
        await app.run(update(i));
        const done = app.run(`PRAGMA wal_checkpoint(${mode});`);
        await eventually('it holds the lock of a checkpoint', () => isCheckpointing(live));
        await live.sync();
        if (mode !== 'FULL') {
          await eventually('it copied all', () => live.source.isAwaited());
          await live.sync();
        }
        expect(await done).toMatch(/^0/);
        expect(live.source.isAwaited()).toBe(mode === 'FULL');
      }
      await expectSame(live);
    });
  },
);

/** Writes as the other waits for its checkpoint, and in between. */
async function changing(app: Writer): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) {
    expect(await app.run('UPDATE t SET body = randomblob(7) WHERE id = 2;')).toBe('');
  }
}
