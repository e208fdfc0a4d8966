import fc from 'fast-check';
import { FAULTS, type Fault } from '../../../src/storage/fault-plan.ts';

/** Two databases, one of which has the longest name there may be. */
export const NAMES = ['a.db', `${'n'.repeat(253)}.db`] as const;
export const REPLICAS = ['one', 'two'] as const;

export const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

const db = fc.constantFrom(...NAMES);
const replica = fc.constantFrom(...REPLICAS);
const lasting = fc.integer({ min: 1, max: 120 });

const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

/** What happens next. */
export const step = fc.oneof(
  weighted(8, fc.record({ what: fc.constant('write' as const), db, times: fc.integer({ min: 1, max: 6 }) })),
  weighted(6, fc.record({ what: fc.constant('pass' as const), seconds: lasting })),
  weighted(1, fc.record({ what: fc.constant('drop' as const), db })),
  // What an operator's restores and imports append.
  weighted(
    1,
    fc.record({ what: fc.constant('restore' as const), db, back: fc.integer({ min: 1, max: 12 }) }),
  ),
  weighted(
    1,
    fc.record({ what: fc.constant('import' as const), db, pages: fc.integer({ min: 1, max: 24 }) }),
  ),
  // Retries, that race what they repeat or come much later.
  weighted(1, fc.record({ what: fc.constant('race' as const), db })),
  weighted(1, fc.record({ what: fc.constant('replay' as const), db, back: fc.integer({ min: 0, max: 9 }) })),
  // A primary that was offline for four days.
  weighted(
    1,
    fc.record({ what: fc.constant('offline' as const), db, times: fc.integer({ min: 2, max: 8 }) }),
  ),
  weighted(1, fc.record({ what: fc.constant('bad clock' as const), db, ahead: fc.boolean() })),
  weighted(1, fc.record({ what: fc.constant('delete' as const), db })),
  // Deletions that fail, and arrive a minute later, when the name has files of the same names again.
  weighted(1, fc.record({ what: fc.constant('late delete' as const), db })),
  weighted(1, fc.record({ what: fc.constant('crash' as const), after: fc.integer({ min: 1, max: 12 }) })),
  weighted(
    3,
    fc.record({
      what: fc.constant('faults' as const),
      replica,
      faults: fc.array(fc.constantFrom<Fault>(...FAULTS), { minLength: 1, maxLength: 8 }),
      seconds: lasting,
    }),
  ),
  weighted(1, fc.record({ what: fc.constant('down for a day' as const), replica })),
  // Longer than the retention of all but the two highest levels.
  weighted(
    1,
    fc.record({
      what: fc.constant('outage' as const),
      replica,
      seconds: fc.integer({ min: 300, max: 1_500 }),
    }),
  ),
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
