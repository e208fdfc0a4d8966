import { CLOCK_JUMP_MAX_MS, type ClockReading, clockJump } from '../../commands/clock.ts';
import type { Now } from '../../commands/ingest.ts';
import { SERVER_STREAM, SYSTEM_ACTOR } from '../../events/index.ts';
import type { EventStore } from '../../log/index.ts';
import { isClockSuspect } from '../../projections/clock.ts';
import type { Sql } from '../../projections/index.ts';

/** Watches the wall clock against the monotonic one, and records when it cannot be believed. */
export class ClockGuard {
  #previous: ClockReading | null = null;

  readonly #store: EventStore;
  readonly #sql: Sql;

  constructor(store: EventStore, sql: Sql) {
    this.#store = store;
    this.#sql = sql;
  }

  /** The instant of a command; appends `clock.suspect` first when the wall clock has jumped. */
  observe(reading: ClockReading): Now {
    const previous = this.#previous ?? lastKnown(this.#sql, reading);
    const expected = clockJump(previous, reading);
    this.#previous = reading;
    const suspect = isClockSuspect(this.#sql);
    if (expected !== null && !suspect) {
      const body = { wall: reading.wall, expected };
      const meta = { time: reading.wall, actor: SYSTEM_ACTOR };
      this.#store.append(
        SERVER_STREAM,
        this.#store.version(SERVER_STREAM),
        [{ type: 'clock.suspect', body }],
        meta,
      );
    }
    return { wall: reading.wall, trusted: expected === null && !suspect };
  }
}

/**
 * After a start there is no monotonic reading to compare with; but the clock cannot stand before the newest
 * event, so that much of a jump is still found.
 */
function lastKnown(sql: Sql, reading: ClockReading): ClockReading | null {
  const row = sql.get('SELECT time FROM event ORDER BY seq DESC LIMIT 1');
  const time = Number(row?.['time'] ?? Number.NaN);
  if (!(reading.wall < time - CLOCK_JUMP_MAX_MS)) return null;
  return { wall: time, monotonic: reading.monotonic };
}
