import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LfsbError } from '../../src/errors/index.ts';
import type { RecordedEvent } from '../../src/events/index.ts';
import { type Log, LogHistory, type LogQuery, PAGE_EVENTS } from '../../src/log/index.ts';
import { runs } from '../support/scale.ts';
import { appendSteps, filterEvents, query, type Step, step } from './support/any-log.ts';
import { Archived } from './support/archived.ts';
import { openToyLog } from './support/log-folder.ts';

/** All that a query asks for, page after page, as one who reads does. */
async function readAll(history: LogHistory, asked: LogQuery): Promise<RecordedEvent[]> {
  const { limit = Number.POSITIVE_INFINITY, ...wanted } = asked;
  const cursor = wanted.order === 'descending' ? 'before' : 'after';
  const found: RecordedEvent[] = [];
  for (let at: LogQuery = wanted; ; ) {
    const page = await history.page(at);
    found.push(...page.events);
    if (page.passed === null) return found.slice(0, limit);
    if (at[cursor] === page.passed) throw new Error(`no progress behind ${page.passed}`);
    at = { ...at, [cursor]: page.passed };
  }
}

async function allStored(history: LogHistory, after: number, limit: number) {
  const found: { seq: number; canonical: string }[] = [];
  for (let at: number | null = after; at !== null; ) {
    const page = await history.stored(at, limit);
    found.push(...page.events);
    at = page.passed;
  }
  return found;
}

const plain = (events: readonly RecordedEvent[]) =>
  events.map(({ digest, hash, ...event }) => ({
    ...event,
    digest: Buffer.from(digest).toString('hex'),
    hash: Buffer.from(hash).toString('hex'),
  }));

describe('the history', () => {
  it('is what the same query gives on a list, wherever the border is and the segments are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(39), { maxLength: 6 }),
        fc.array(fc.nat(39), { maxLength: 4 }),
        fc.nat(40),
        fc.array(query, { minLength: 6, maxLength: 6 }),
        async (steps, cutsOne, cutsTwo, border, queries) => {
          const log = openToyLog({ path: ':memory:' });
          const events = appendSteps(log, steps);
          const archived = await Archived.of(log, { one: cutsOne, two: cutsTwo });
          archived.leave(Math.min(border, events.length - 1));
          const history = new LogHistory(log.sql, archived);
          for (const each of queries) {
            expect(plain(await readAll(history, each))).toEqual(plain(filterEvents(events, each)));
          }
          const stored = await allStored(history, 0, 7);
          expect(stored.map(({ canonical }) => canonical)).toEqual(events.map(({ canonical }) => canonical));
        },
      ),
      { numRuns: runs(60) },
    );
  });

  const many = (count: number): Step[] =>
    Array.from({ length: count }, (_, time): Step => ({ db: 'a', token: 'anonymous', time }));

  async function sample(
    count: number,
    border: number,
    cuts: number[] = [],
  ): Promise<[Log, Archived, LogHistory]> {
    const log = openToyLog();
    appendSteps(log, many(count));
    const archived = await Archived.of(log, { one: cuts, two: [] });
    archived.leave(border);
    return [log, archived, new LogHistory(log.sql, archived)];
  }

  it('reads one segment a page, and none that cannot have what is asked for', async () => {
    const [log, archived, history] = await sample(100, 90, [9, 19, 29, 39, 49, 59, 69, 79, 89]);
    expect(await readAll(history, { since: 35, until: 38 })).toHaveLength(4);
    expect(archived.reads).toEqual([['one', 31]]);
    archived.reads.length = 0;
    expect(await readAll(history, { type: 'server.stopped' })).toEqual([]);
    expect(await readAll(history, { cluster: 'toy', db: 'b' })).toEqual([]);
    expect(archived.reads).toEqual([]);
    expect(await history.page({ after: 95 })).toMatchObject({ passed: null, events: { length: 5 } });
    expect(archived.reads).toEqual([]);
    expect((await history.page({})).events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(archived.reads).toEqual([['one', 1]]);
    log.close();
  });

  it('goes over pages within one segment, in both directions', async () => {
    const count = 2 * PAGE_EVENTS + 7;
    const [, , history] = await sample(count, count - 1);
    const seqs = (await readAll(history, { db: 'a', cluster: 'toy' })).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: count }, (_, at) => at + 1));
    const back = (await readAll(history, { order: 'descending' })).map(({ seq }) => seq);
    expect(back).toEqual(seqs.reverse());
  });

  it('reads from another replica where one does not answer or has damage, and says so when none is left', async () => {
    const [, archived, history] = await sample(30, 20, [4, 9]);
    archived.broken.set('one', 'EUNAVAILABLE');
    expect((await readAll(history, {})).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 30 }, (_, at) => at + 1),
    );
    archived.broken.set('two', 'EUNAVAILABLE');
    await expect(readAll(history, {})).rejects.toEqual(
      expect.objectContaining({ code: 'EUNAVAILABLE', message: expect.stringContaining('events 1 to 5') }),
    );
    archived.broken.set('two', 'ECORRUPT');
    await expect(readAll(history, { order: 'descending' })).rejects.toBeInstanceOf(LfsbError);
    await expect(history.stored(3, 10)).rejects.toEqual(expect.objectContaining({ code: 'ECORRUPT' }));
    expect((await history.page({ after: 20 })).events).toHaveLength(10);
  });

  it('says that events are nowhere when no replica of the configuration has them', async () => {
    const [log, , history] = await sample(30, 20);
    log.db.exec('UPDATE log_place SET ordinal = NULL');
    await expect(history.page({})).rejects.toEqual(
      expect.objectContaining({
        code: 'EUNAVAILABLE',
        message: expect.stringContaining('event 1 is on no replica'),
      }),
    );
  });
});
