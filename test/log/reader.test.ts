import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogQuery, LogReader, PAGE_EVENTS } from '../../src/log/index.ts';
import { runs } from '../support/scale.ts';
import { appendSteps, filterEvents, query, type Step, step } from './support/any-log.ts';
import { openToyLog } from './support/log-folder.ts';
import { toyStream } from './support/toy-log.mjs';

describe('reading the log', () => {
  it('gives what the same query gives on a list, for any query', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(query, { minLength: 10, maxLength: 10 }),
        (steps, queries) => {
          const log = openToyLog({ path: ':memory:' });
          const events = appendSteps(log, steps);
          const reader = new LogReader(log.sql);
          for (const each of queries) expect([...reader.read(each)]).toEqual(filterEvents(events, each));
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
    const seqs = appendSteps(log, steps).map(({ seq }) => seq);
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
    appendSteps(
      log,
      Array.from({ length: PAGE_EVENTS }, () => one),
    );
    const reader = LogReader.open(log.db.name);
    const pages = reader.pages({});
    expect(pages.next().value).toHaveLength(PAGE_EVENTS);
    appendSteps(log, [one]);
    expect(log.db.pragma('wal_checkpoint(TRUNCATE)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
    expect(pages.next().value).toHaveLength(1);
    reader.close();
  });

  it('reads a page at a time however rare the match, so that a caller can yield', () => {
    const log = openToyLog();
    appendSteps(
      log,
      Array.from({ length: PAGE_EVENTS + 1 }, (): Step => ({ db: 'a', token: 'anonymous', time: 1 })),
    );
    const pages = [...new LogReader(log.sql).pages({ actor: 'nobody' })];
    expect(pages).toEqual([[], []]);
  });

  it('finds an event by its number, and refuses one that the catalogue does not know', () => {
    const log = openToyLog();
    const [event] = appendSteps(log, [{ db: 'a', token: 'anonymous', time: 1 }]);
    const reader = new LogReader(log.sql);
    expect(reader.event(1)).toEqual(event);
    expect(reader.event(2)).toBeUndefined();
    log.db.exec('DROP TRIGGER event_unchanged');
    log.db.exec("UPDATE event SET canonical = replace(canonical, 'database.created', 'database.painted')");
    expect(() => reader.event(1)).toThrow(expect.objectContaining({ code: 'EEVENTTYPE' }));
  });
});
