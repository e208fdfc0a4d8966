import type { ClockReading } from '../commands/clock.ts';
import { doubtedMs } from '../commands/clock-belief.ts';
import { clockSuspectSince } from '../projections/clock.ts';
import type { Sql } from '../projections/index.ts';
import { loadClockReading } from './writer/clock-reading.ts';

/** What the wall clock is good for, as anybody who reads the log can tell. */
export interface ClockHealth {
  readonly state: 'trusted' | 'doubted' | 'suspect';
  /** Since when it is suspect, ms as it said itself; nothing expires. */
  readonly suspectSince: number | null;
  /** What expires does so by this much later than the clock says, ms. */
  readonly doubtedMs: number;
}

export function clockHealth(sql: Sql, reading: ClockReading, longestRetentionMs: number): ClockHealth {
  const suspectSince = clockSuspectSince(sql);
  const doubts = loadClockReading(sql)?.doubts ?? [];
  const doubted = doubtedMs({ doubts }, reading, longestRetentionMs);
  const state = suspectSince !== null ? 'suspect' : doubted > 0 ? 'doubted' : 'trusted';
  return { state, suspectSince, doubtedMs: doubted };
}
