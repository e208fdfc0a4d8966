import { CLOCK_JUMP_MAX_MS, type ClockReading } from './clock.ts';

/** Answers of one replica that have to agree with each other. */
export const DATES_AGREEING = 2;

/** The `Date` of an answer of a replica, and this machine's monotonic clock when it came, both ms. */
export interface StoreDate {
  readonly replica: string;
  readonly dateMs: number;
  readonly monotonic: number;
}

export type DatesVerdict =
  | { readonly kind: 'agrees'; readonly replica: string }
  /** All that say anything say that it is another time: `expected`, ms. */
  | { readonly kind: 'disagrees'; readonly replica: string; readonly expected: number }
  | { readonly kind: 'unknown' };

/**
 * What the dates of replicas say of the wall clock. A replica counts when its last two answers agree with each
 * other; one that has the clock right outweighs any that do not.
 * @param dates in the order in which they came
 */
export function judgeDates(dates: readonly StoreDate[], reading: ClockReading): DatesVerdict {
  let verdict: DatesVerdict = { kind: 'unknown' };
  for (const replica of new Set(dates.map((date) => date.replica))) {
    const times = dates
      .filter((date) => date.replica === replica)
      .slice(-DATES_AGREEING)
      .map(({ dateMs, monotonic }) => dateMs + reading.monotonic - monotonic);
    const [first, second] = times;
    if (first === undefined || second === undefined || !agree(first, second)) continue;
    if (agree(first, reading.wall) && agree(second, reading.wall)) return { kind: 'agrees', replica };
    if (!agree(first, reading.wall) && !agree(second, reading.wall)) {
      verdict = { kind: 'disagrees', replica, expected: Math.round(second) };
    }
  }
  return verdict;
}

const agree = (a: number, b: number): boolean => Math.abs(a - b) <= CLOCK_JUMP_MAX_MS;
