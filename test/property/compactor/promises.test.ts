import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../support/scale.ts';
import { seed } from '../../support/seed.ts';
import { agree } from './support/agreement.ts';
import { history, live } from './support/histories.ts';
import { steadyState } from './support/steady.ts';
import { World } from './support/world.ts';

describe('plans of compaction and expiry', () => {
  it(`keep every promise, whatever happens (LFSB_TEST_SEED=${seed})`, { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(history, ({ episodes, ...options }) => live(new World(options), episodes)),
      { seed, numRuns: runs(60) },
    );
  });

  it(`put file borders where the windows end, on every replica (LFSB_TEST_SEED=${seed})`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (each) => agree(each)),
      { seed, numRuns: runs(10) },
    );
  });

  it('copy to a replica that was away what its levels had yet to build when it went', () => {
    // Its files of level 1 reached beyond a window of level 3 that was closed and not built.
    expect(() => agree(1_477_183_623)).not.toThrow();
  });

  it('cost one build a window, and of an idle database nothing', { timeout: 120_000 }, () => steadyState());
});
