import { CLOCK_JUMP_MAX_MS, type ClockReading, clockJump } from '../../commands/clock.ts';
import type { Now } from '../../commands/ingest.ts';
import { SERVER_STREAM, SYSTEM_ACTOR } from '../../events/index.ts';
import { isClockSuspect } from '../../projections/clock.ts';
import { record, type WriterContext } from './context.ts';

/** Watches the wall clock against the monotonic one, and records when it cannot be believed. */
export class ClockGuard {
  #previous: ClockReading | null = null;

  /** The instant of a command; appends `clock.suspect` first when the wall clock has jumped. */
  observe(context: WriterContext, reading: ClockReading): Now {
    const previous = this.#previous ?? lastKnown(context, reading);
    const expected = clockJump(previous, reading);
    this.#previous = reading;
    const suspect = isClockSuspect(context.sql);
    if (expected !== null && !suspect) {
      const body = { wall: reading.wall, expected };
      const meta = { time: reading.wall, actor: SYSTEM_ACTOR };
      record(context, SERVER_STREAM, [{ type: 'clock.suspect', body }], meta);
    }
    return { wall: reading.wall, trusted: expected === null && !suspect };
  }
}

/**
 * After a start there is no monotonic reading to compare with; but the clock cannot stand before the newest
 * event, so that much of a jump is still found.
 */
function lastKnown(context: WriterContext, reading: ClockReading): ClockReading | null {
  const row = context.sql.get('SELECT time FROM event ORDER BY seq DESC LIMIT 1');
  const time = Number(row?.['time'] ?? Number.NaN);
  if (!(reading.wall < time - CLOCK_JUMP_MAX_MS)) return null;
  return { wall: time, monotonic: reading.monotonic };
}
