import { runs } from './scale.ts';

/**
 * Options of a property that takes `count` runs at scale 1. A failure prints its seed; LFSB_TEST_SEED runs it
 * again.
 */
export function property(count: number): { numRuns: number; seed?: number } {
  const seed = process.env['LFSB_TEST_SEED'];
  return { numRuns: runs(count), ...(seed === undefined ? {} : { seed: Number(seed) }) };
}
