import { createHash } from 'node:crypto';

/** A time this far beyond now is from a clock that was wrong, and is not waited for, ms. */
export const AHEAD_MAX_MS = 3_600_000;

/**
 * What spreads the windows of databases over the clock: the first 8 bytes, big-endian, of the SHA-256 of
 * `cluster/db`. Format: file borders follow from it.
 */
export function databaseHash(cluster: string, db: string): bigint {
  return createHash('sha256').update(`${cluster}/${db}`).digest().readBigUInt64BE(0);
}

/** How far a database's windows of one interval are shifted, ms: its hash modulo the interval. */
export const windowOffset = (hash: bigint, intervalMs: number): number => Number(hash % BigInt(intervalMs));

/** Number of the window that a time is in: floor((time + offset) / interval). */
export const windowOf = (timeMs: number, intervalMs: number, offsetMs: number): number =>
  Math.floor((timeMs + offsetMs) / intervalMs);

/**
 * The windows of one database at one level. Those of a level lie within those of the next: the intervals
 * divide each other, and so the offsets, taken modulo them from one hash, agree.
 */
export class Windows {
  readonly #intervalMs: number;
  readonly #offsetMs: number;

  constructor(hash: bigint, intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#offsetMs = windowOffset(hash, intervalMs);
  }

  of(timeMs: number): number {
    return windowOf(timeMs, this.#intervalMs, this.#offsetMs);
  }

  /** When the window ends, ms: the first time of the next. */
  endOf(window: number): number {
    return (window + 1) * this.#intervalMs - this.#offsetMs;
  }

  /**
   * Whether no more is to come into a window: it lies before now's. One that begins more than an hour ahead
   * came of a clock that was wrong; waiting for it would keep its transactions out of storage for years.
   */
  isClosed(window: number, now: number): boolean {
    return window < this.of(now) || this.endOf(window - 1) > now + AHEAD_MAX_MS;
  }
}
