import fc from 'fast-check';
import type { RecordedEvent } from '../../../src/events/index.ts';
import type { Log, LogQuery } from '../../../src/log/index.ts';
import { toyDraft, toyStream } from './toy-log.mjs';

const DBS = ['a', 'b', 'c'];
const TOKENS = ['anonymous', 'token-1'];

/** One event: a null database is an event of the server's own. Times may go back. */
export interface Step {
  readonly db: string | null;
  readonly token: string;
  readonly time: number;
}

/** One event a step. */
export function appendSteps(log: Log, steps: readonly Step[]): RecordedEvent[] {
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
export function filterEvents(events: readonly RecordedEvent[], query: LogQuery): RecordedEvent[] {
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

export const step: fc.Arbitrary<Step> = fc.record({
  db: fc.constantFrom(...DBS, null),
  token: fc.constantFrom(...TOKENS),
  time: fc.integer({ min: 0, max: 50 }),
});

export const query: fc.Arbitrary<LogQuery> = fc.record(
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
