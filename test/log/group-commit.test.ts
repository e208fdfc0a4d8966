import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogCommand, verifyLog } from '../../src/log/index.ts';
import { runs } from '../support/scale.ts';
import { openToyLog, toyRows } from './support/log-folder.ts';
import { handlers, toyStream } from './support/toy-log.mjs';

const command = fc.record({
  db: fc.constantFrom('a', 'b', 'c'),
  count: fc.integer({ min: 1, max: 3 }),
  ending: fc.constantFrom('return', 'return', 'refuse', 'throw'),
  /** Undefined: the version the stream has. */
  expected: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
});
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** What the log should hold: a list of streams in order, and an outcome for each command. */
function model() {
  const events: string[] = [];
  const versionOf = (db: string): number => events.filter((event) => event === db).length;
  const run = ({ db, count, ending, expected }: Command): 'ok' | 'refused' | 'failed' => {
    if (ending === 'refuse') return 'refused';
    if (ending === 'throw' || (expected ?? versionOf(db)) !== versionOf(db)) return 'failed';
    for (let event = 0; event < count; event += 1) events.push(db);
    return 'ok';
  };
  return { events, run, versionOf };
}

describe('a batch', () => {
  it('keeps exactly the commands that did not throw, whatever their neighbours did', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(command, { maxLength: 8 }), { maxLength: 6 }), async (batches) => {
        const log = openToyLog({ path: ':memory:' });
        const group = log.groupCommit(handlers);
        const { events, run, versionOf } = model();
        for (const batch of batches) {
          const outcomes = group.runBatch(batch.map((fields): LogCommand => ({ type: 'create', ...fields })));
          const told = outcomes.map((outcome) => {
            if (!outcome.ok) return 'failed';
            return (outcome.value as { refused?: true }).refused ? 'refused' : 'ok';
          });
          expect(told).toEqual(batch.map(run));
          expect(log.store.head().seq).toBe(events.length);
          for (const db of ['a', 'b', 'c']) expect(log.store.version(toyStream(db))).toBe(versionOf(db));
        }
        const stored = log.sql.all<{ db: string }>('SELECT db FROM event ORDER BY seq').map(({ db }) => db);
        expect(stored).toEqual(events);
        expect(await verifyLog(log.sql)).toMatchObject({ ok: true, head: log.store.head() });
        const incremental = toyRows(log);
        log.rebuild();
        expect(toyRows(log)).toEqual(incremental);
        expect(log.sql.get('SELECT seq FROM projection')).toEqual({ seq: events.length });
      }),
      { numRuns: runs(60) },
    );
  });

  it('fails a command of a type without a handler, an inherited name included', () => {
    const group = openToyLog().groupCommit(handlers);
    const outcomes = group.runBatch([{ type: 'paint' }, { type: 'toString' }, { type: 'create', db: 'a' }]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, false, true]);
  });

  it('fails as a whole when the disk is full, and the next one goes on from what was committed', async () => {
    const log = openToyLog();
    const group = log.groupCommit(handlers);
    expect(group.runBatch([{ type: 'create', db: 'a' }])).toMatchObject([{ ok: true }]);
    const pages = Number(log.db.pragma('page_count', { simple: true }));
    log.db.pragma(`max_page_count = ${pages + 4}`);
    const batch = [
      { type: 'create', db: 'a' },
      { type: 'create', db: 'b', padding: 100_000 },
      { type: 'create', db: 'c' },
    ];
    const outcomes = group.runBatch(batch);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        ok: false,
        error: { code: 'EUNAVAILABLE', cause: { code: 'SQLITE_FULL' } },
      });
    }
    expect(log.store.head().seq).toBe(1);
    log.db.pragma('max_page_count = 1000000');
    expect(group.runBatch(batch)).toMatchObject([
      { value: { seqs: [2] } },
      { value: { seqs: [3] } },
      { value: { seqs: [4] } },
    ]);
    expect(await verifyLog(log.sql)).toMatchObject({ ok: true, head: { seq: 4 } });
  });

  it('fails as a whole when the commit itself fails', () => {
    const log = openToyLog();
    log.db.exec('CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT');
    log.db.exec('CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED) STRICT');
    const group = log.groupCommit({
      ...handlers,
      orphan: (_command, { sql }) => sql.run('INSERT INTO child VALUES (1)'),
    });
    const outcomes = group.runBatch([{ type: 'create', db: 'a' }, { type: 'orphan' }]);
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([false, false]);
    expect(log.store.head().seq).toBe(0);
    expect(log.store.version(toyStream('a'))).toBe(0);
    expect(group.runBatch([{ type: 'create', db: 'a' }])).toMatchObject([{ ok: true, value: { seqs: [1] } }]);
  });
});
