import fc from 'fast-check';

/** What happens to a live database, step by step. */
export type Step =
  /** The application commits `rows` rows of `bytes` bytes, and deletes some. */
  | { readonly kind: 'commit'; readonly rows: number; readonly bytes: number }
  /** It writes, and takes it back. */
  | { readonly kind: 'rollback'; readonly rows: number }
  | { readonly kind: 'checkpoint'; readonly mode: 'PASSIVE' | 'FULL' | 'RESTART' | 'TRUNCATE' }
  | { readonly kind: 'vacuum' }
  /** The application is killed, now or while it commits, or closes; it begins again at the next step of its own. */
  | { readonly kind: 'kill'; readonly within: boolean }
  | { readonly kind: 'end' }
  | { readonly kind: 'sync' }
  /** The agent ends, orderly or not, or waits so long that it checkpoints. */
  | { readonly kind: 'restart'; readonly orderly: boolean }
  | { readonly kind: 'wait' };

const one = <T extends Step>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

export const step: fc.Arbitrary<Step> = fc.oneof(
  one(
    10,
    fc.record({
      kind: fc.constant('commit' as const),
      rows: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.constantFrom(200, 900)),
      bytes: fc.constantFrom(10, 300, 3_000),
    }),
  ),
  one(1, fc.record({ kind: fc.constant('rollback' as const), rows: fc.constantFrom(3, 400) })),
  one(
    3,
    fc.record({
      kind: fc.constant('checkpoint' as const),
      mode: fc.constantFrom('PASSIVE' as const, 'FULL' as const, 'RESTART' as const, 'TRUNCATE' as const),
    }),
  ),
  one(1, fc.constant({ kind: 'vacuum' as const })),
  one(1, fc.record({ kind: fc.constant('kill' as const), within: fc.boolean() })),
  one(1, fc.constant({ kind: 'end' as const })),
  one(8, fc.constant({ kind: 'sync' as const })),
  one(2, fc.record({ kind: fc.constant('restart' as const), orderly: fc.boolean() })),
  one(2, fc.constant({ kind: 'wait' as const })),
);
