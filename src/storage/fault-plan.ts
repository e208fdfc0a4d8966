/** The calls that faults can hit. */
export type FaultyOperation = 'put' | 'get' | 'head' | 'list' | 'delete';

/**
 * What can go wrong with one call:
 *
 * - `error-before`: EUNAVAILABLE, nothing happened.
 * - `error-after`: EUNAVAILABLE, although it happened.
 * - `hang`: no answer until the signal is aborted; nothing happened.
 * - `hang-after`: no answer, although it happened.
 * - `partial`: a put's source, or a body or a listing, ends half way.
 * - `stale`: a listing knows nothing of the last changes.
 * - `slow`: it takes `slowMs` longer.
 * - `late`: a deletion fails, and happens `lateMs` later, whatever is there by then.
 */
export const FAULTS = [
  'error-before',
  'error-after',
  'hang',
  'hang-after',
  'partial',
  'stale',
  'slow',
  'late',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Says what befalls each call, in the order of the calls. */
export interface FaultPlan {
  next(operation: FaultyOperation, key: string): Fault | null;
}

/** Which faults make sense for which call; another one is none. */
const POSSIBLE: Readonly<Record<FaultyOperation, readonly Fault[]>> = {
  put: ['error-before', 'error-after', 'hang', 'hang-after', 'partial', 'slow'],
  get: ['error-before', 'hang', 'partial', 'slow'],
  head: ['error-before', 'hang', 'slow'],
  list: ['error-before', 'hang', 'partial', 'stale', 'slow'],
  delete: ['error-before', 'error-after', 'hang', 'hang-after', 'slow', 'late'],
};

/** Whether `fault` can befall `operation`. */
export const isPossible = (operation: FaultyOperation, fault: Fault): boolean =>
  POSSIBLE[operation].includes(fault);

/** Faults in the given order, one a call; then none. */
export function scriptedFaults(faults: readonly (Fault | null)[]): FaultPlan {
  const left = [...faults];
  return { next: () => left.shift() ?? null };
}

/**
 * Each call is hit with a `probability`, by one of `faults` that make sense for it. `random` gives numbers from
 * 0 up to 1: with the same ones come the same faults.
 */
export function randomFaults(
  random: () => number,
  probability: number,
  faults: readonly Fault[] = FAULTS,
): FaultPlan {
  return {
    next(operation) {
      const hit = random() < probability;
      const choice = random();
      const possible = faults.filter((fault) => isPossible(operation, fault));
      return hit ? (possible[Math.floor(choice * possible.length)] ?? null) : null;
    },
  };
}
