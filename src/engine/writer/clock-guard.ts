import type { ClockReading } from '../../commands/clock.ts';
import {
  beliefAtStart,
  type ClockBelief,
  confirmed,
  disproved,
  doubtedMs,
  expectedWall,
  observed,
  receivedAt,
  type SavedClock,
} from '../../commands/clock-belief.ts';
import { judgeDates, type StoreDate } from '../../commands/clock-dates.ts';
import type { Now } from '../../commands/ingest.ts';
import { type Actor, type EventDraft, SERVER_STREAM, SYSTEM_ACTOR } from '../../events/index.ts';
import type { EventStore } from '../../log/index.ts';
import { isClockSuspect } from '../../projections/clock.ts';
import type { Sql } from '../../projections/index.ts';
import { loadClockReading, saveClockReading } from './clock-reading.ts';

/** What is believed is kept for the next start so often, ms. */
export const CLOCK_SAVE_MS = 60_000;

/** What the guard has to know of the machine and the configuration. */
export interface ClockOptions {
  /** Names this start of the machine; null when it has no name. */
  readonly bootId: string | null;
  readonly longestRetentionMs: number;
}

/** Nothing is known: every start is taken for one of the machine, and a doubt never ends by itself. */
export const NO_CLOCK_OPTIONS: ClockOptions = { bootId: null, longestRetentionMs: Number.MAX_SAFE_INTEGER };

/** What the clock is good for. */
export interface ClockState {
  readonly trusted: boolean;
  /** How far it may be ahead of the time that is proven to have passed, ms. */
  readonly doubtedMs: number;
  /** Whether the date of a replica would make it better. */
  readonly needsDate: boolean;
}

/** The instant of a command that may take a transaction in. */
export interface Instant extends Now {
  /** What promises count from, ms: the wall clock, unless it is behind. */
  readonly received: number;
}

/** Who says that a clock is right again, where nobody had to: it is back where the monotonic one has it. */
const BY_ITSELF = 'the monotonic clock';

/** Watches the wall clock against the monotonic one, and records when it cannot be believed. */
export class ClockGuard {
  readonly #store: EventStore;
  readonly #sql: Sql;
  readonly #options: ClockOptions;
  #belief: ClockBelief | null = null;
  #savedAt = Number.NEGATIVE_INFINITY;

  constructor(store: EventStore, sql: Sql, options: ClockOptions = NO_CLOCK_OPTIONS) {
    this.#store = store;
    this.#sql = sql;
    this.#options = options;
  }

  /** The instant of a command; first appends `clock.suspect` when the wall clock has jumped. */
  observe(reading: ClockReading): Instant {
    const before = this.#believed(reading);
    const belief = observed(before, reading);
    if (belief.suspect && !before.suspect) {
      this.#recordSuspect(reading, expectedWall(before, reading));
    }
    if (!belief.suspect && before.suspect) this.#recordCleared(reading, BY_ITSELF, SYSTEM_ACTOR);
    this.#take(belief, reading);
    return { wall: reading.wall, trusted: !belief.suspect, received: receivedAt(belief, reading) };
  }

  /** Looks at the clock, and at what replicas say of it. */
  weigh(reading: ClockReading, dates: readonly StoreDate[]): ClockState {
    this.observe(reading);
    const belief = this.#believed(reading);
    const verdict = judgeDates(dates, reading);
    if (verdict.kind === 'agrees') {
      if (belief.suspect) this.#recordCleared(reading, verdict.replica, SYSTEM_ACTOR);
      this.#take(confirmed(belief, reading), reading, belief.suspect || belief.doubts.length > 0);
    } else if (verdict.kind === 'disagrees' && !belief.suspect) {
      this.#recordSuspect(reading, verdict.expected);
      this.#take(disproved(belief, reading, verdict.expected), reading);
    }
    return this.state(reading);
  }

  /** An operator says that the clock is right. Returns whether anybody had doubted it. */
  clear(reading: ClockReading, actor: Actor): boolean {
    this.observe(reading);
    const belief = this.#believed(reading);
    const isDoubted = belief.suspect || doubtedMs(belief, reading, this.#options.longestRetentionMs) > 0;
    if (isDoubted) this.#recordCleared(reading, nameOf(actor), actor);
    this.#take(confirmed(belief, reading), reading, isDoubted);
    return isDoubted;
  }

  state(reading: ClockReading): ClockState {
    const belief = this.#believed(reading);
    const { longestRetentionMs } = this.#options;
    return {
      trusted: !belief.suspect,
      doubtedMs: doubtedMs(belief, reading, longestRetentionMs),
      needsDate: belief.suspect || doubtedMs(belief, reading, longestRetentionMs, ['gap']) > 0,
    };
  }

  /** Keeps what is believed for the next start. */
  save(reading: ClockReading): void {
    const { suspect, doubts } = this.#believed(reading);
    if (suspect) return;
    saveClockReading(this.#sql, { reading, bootId: this.#options.bootId, doubts });
    this.#savedAt = reading.monotonic;
  }

  /** The log has the last word on whether the clock is suspect: a batch that failed is not in it. */
  #believed(reading: ClockReading): ClockBelief {
    const suspect = isClockSuspect(this.#sql);
    this.#belief ??= beliefAtStart({
      saved: loadClockReading(this.#sql) ?? newestEvent(this.#sql),
      suspect,
      reading,
      bootId: this.#options.bootId,
    });
    return this.#belief.suspect === suspect ? this.#belief : { ...this.#belief, suspect };
  }

  #take(belief: ClockBelief, reading: ClockReading, save = false): void {
    this.#belief = belief;
    if (save || reading.monotonic - this.#savedAt >= CLOCK_SAVE_MS) this.save(reading);
  }

  #recordSuspect({ wall }: ClockReading, expected: number): void {
    this.#record({ type: 'clock.suspect', body: { wall, expected } }, wall, SYSTEM_ACTOR);
  }

  #recordCleared({ wall }: ClockReading, by: string, actor: Actor): void {
    this.#record({ type: 'clock.cleared', body: { by } }, wall, actor);
  }

  #record(event: EventDraft, time: number, actor: Actor): void {
    this.#store.append(SERVER_STREAM, this.#store.version(SERVER_STREAM), [event], { time, actor });
  }
}

const nameOf = ({ token, address }: Actor): string =>
  address === null ? `operator ${token}` : `operator ${token} at ${address}`;

/** A log that never kept a reading was last written when its newest event was. */
function newestEvent(sql: Sql): SavedClock | null {
  const row = sql.get('SELECT time FROM event ORDER BY seq DESC LIMIT 1');
  if (row === undefined) return null;
  return { reading: { wall: Number(row['time']), monotonic: 0 }, bootId: null, doubts: [] };
}
