import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/events/index.ts';
import { type Log, type LogQuery, LogReader, PAGE_EVENTS } from '../../src/log/index.ts';
import { runs } from '../support/scale.ts';
import { openToyLog } from './support/log-folder.ts';
import { toyDraft, toyStream } from './support/toy-log.mjs';

const DBS = ['a', 'b', 'c'];
const TOKENS = ['anonymous', 'token-1'];

interface Step {
  readonly db: string | null;
  readonly token: string;
  readonly time: number;
}

/** One event a step; a null database is an event of the server's own. Times may go back. */
function append(log: Log, steps: readonly Step[]): RecordedEvent[] {
  return log.transaction(() =>
    steps.flatMap(({ db, token, time }) => {
      const stream = db === null ? 'server' : toyStream(db);
      const draft =
        db === null ? { type: 'server.stopped' as const, body: { reason: 'test' } } : toyDraft(db);
      const actor = { cluster: null, token, address: null, request: null };
      return log.store.append(stream, log.store.version(stream), [draft], { time, actor });
    }),
  );
}

/** The same query, on a list. */
function filter(events: readonly RecordedEvent[], query: LogQuery): RecordedEvent[] {
  const wanted = events.filter(({ stream, type, body, actor, seq, time }) => {
    const { cluster, db } = body as { cluster?: string; db?: string };
    const equal = { stream, type, cluster, db, actor: actor.token };
    const { after = 0, before = Infinity, since = -Infinity, until = Infinity } = query;
    return (
      Object.entries(equal).every(([key, value]) =>
        [undefined, value].includes(query[key as keyof typeof equal]),
      ) &&
      seq > after &&
      seq < before &&
      time >= since &&
      time <= until
    );
  });
  if (query.order === 'descending') wanted.reverse();
  return wanted.slice(0, query.limit);
}

const step = fc.record({
  db: fc.constantFrom(...DBS, null),
  token: fc.constantFrom(...TOKENS),
  time: fc.integer({ min: 0, max: 50 }),
});

const query: fc.Arbitrary<LogQuery> = fc.record(
  {
    stream: fc.constantFrom('server', 'none', ...DBS.map(toyStream)),
    type: fc.constantFrom('server.stopped' as const, 'database.created' as const),
    cluster: fc.constantFrom('toy', 'other'),
    db: fc.constantFrom(...DBS),
    actor: fc.constantFrom(...TOKENS),
    since: fc.integer({ min: 0, max: 50 }),
    until: fc.integer({ min: 0, max: 50 }),
    after: fc.nat(40),
    before: fc.nat(40),
    order: fc.constantFrom('ascending' as const, 'descending' as const),
    limit: fc.nat(10),
  },
  { requiredKeys: [] },
);

describe('reading the log', () => {
  it('gives what the same query gives on a list, for any query', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(query, { minLength: 10, maxLength: 10 }),
        (steps, queries) => {
          const log = openToyLog({ path: ':memory:' });
          const events = append(log, steps);
          const reader = new LogReader(log.sql);
          for (const each of queries) expect([...reader.read(each)]).toEqual(filter(events, each));
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it('goes over pages in both directions, along every index', () => {
    const log = openToyLog();
    const steps = Array.from(
      { length: 2 * PAGE_EVENTS + 7 },
      (_, time): Step => ({ db: 'a', token: 'anonymous', time }),
    );
    const seqs = append(log, steps).map(({ seq }) => seq);
    const reader = LogReader.open(log.db.name);
    const paths: LogQuery[] = [
      {},
      { stream: toyStream('a') },
      { type: 'database.created' },
      { cluster: 'toy' },
      { cluster: 'toy', db: 'a' },
      { since: 0 },
    ];
    for (const path of paths) {
      expect([...reader.read(path)].map(({ seq }) => seq)).toEqual(seqs);
      const back = [...reader.read({ ...path, order: 'descending' })].map(({ seq }) => seq);
      expect(back).toEqual([...seqs].reverse());
      expect([...reader.read({ ...path, after: 2, limit: PAGE_EVENTS })].map(({ seq }) => seq)).toEqual(
        seqs.slice(2, PAGE_EVENTS + 2),
      );
    }
    reader.close();
  });

  it('holds nothing open between pages: a checkpoint passes, and what was appended meanwhile is seen', () => {
    const log = openToyLog();
    const one: Step = { db: 'a', token: 'anonymous', time: 1 };
    append(
      log,
      Array.from({ length: PAGE_EVENTS }, () => one),
    );
    const reader = LogReader.open(log.db.name);
    const pages = reader.pages({});
    expect(pages.next().value).toHaveLength(PAGE_EVENTS);
    append(log, [one]);
    expect(log.db.pragma('wal_checkpoint(TRUNCATE)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
    expect(pages.next().value).toHaveLength(1);
    reader.close();
  });

  it('reads a page at a time however rare the match, so that a caller can yield', () => {
    const log = openToyLog();
    append(
      log,
      Array.from({ length: PAGE_EVENTS + 1 }, (): Step => ({ db: 'a', token: 'anonymous', time: 1 })),
    );
    const pages = [...new LogReader(log.sql).pages({ actor: 'nobody' })];
    expect(pages).toEqual([[], []]);
  });

  it('finds an event by its number, and refuses one that the catalogue does not know', () => {
    const log = openToyLog();
    const [event] = append(log, [{ db: 'a', token: 'anonymous', time: 1 }]);
    const reader = new LogReader(log.sql);
    expect(reader.event(1)).toEqual(event);
    expect(reader.event(2)).toBeUndefined();
    log.db.exec('DROP TRIGGER event_unchanged');
    log.db.exec("UPDATE event SET canonical = replace(canonical, 'database.created', 'database.painted')");
    expect(() => reader.event(1)).toThrow(expect.objectContaining({ code: 'EEVENTTYPE' }));
  });
});
