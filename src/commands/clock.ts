import type { Now } from './ingest.ts';

/** A wall clock that moves this far against the monotonic one is not believed, ms (`design.md`, Time). */
export const CLOCK_JUMP_MAX_MS = 3_600_000;

/** Both clocks at one instant, ms; `monotonic` counts from an arbitrary start. */
export interface ClockReading {
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * A transaction's effective time: max(the one before it, min(its LTX timestamp, when it was received)), ms.
 * Under a clock that is not trusted it is the one before it, where there is one.
 */
export function effectiveTime(previous: number | null, timestamp: number, now: Now): number {
  const own = Math.min(timestamp, now.wall);
  if (previous === null) return own;
  return now.trusted ? Math.max(previous, own) : previous;
}
