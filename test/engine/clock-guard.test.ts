import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClockReading } from '../../src/commands/clock.ts';
import type { ClockState } from '../../src/engine/writer/clock-guard.ts';
import { createHandlers } from '../../src/engine/writer/handlers.ts';
import { SYSTEM_ACTOR } from '../../src/events/index.ts';
import { type Handlers, type Log, openLog } from '../../src/log/index.ts';
import { PROJECTIONS } from '../../src/projections/index.ts';
import { ACTOR } from '../support/in-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** The log's writer on a machine whose clocks a test turns. */
class Machine {
  clock: ClockReading = { wall: 1_800_000_000_000, monotonic: 100_000 };
  readonly #path = join(tempDir(), 'lfsb.db');
  #boot = 1;
  #log!: Log;
  #handlers!: Handlers;

  constructor() {
    this.start();
  }

  start(): void {
    this.#log = openLog({ path: this.#path, projections: PROJECTIONS, synchronous: 'NORMAL' });
    this.#handlers = createHandlers(this.#log.context, {
      clock: { bootId: `${this.#boot}`, longestRetentionMs: 30 * DAY },
    });
    const started = { version: '1', node: '20', dataDirectory: '/data', actor: SYSTEM_ACTOR };
    this.run({ type: 'server.started', ...started });
  }

  /** Stops as a crash does, unless there is time for the last event. */
  stop({ crash = false } = {}): void {
    if (!crash) this.run({ type: 'server.stopped', reason: 'test', actor: SYSTEM_ACTOR });
    this.#log.close();
  }

  /** The machine is off; its clock comes back as it was, or set. */
  reboot(offMs: number, setMs = 0): void {
    this.#boot++;
    this.clock = { wall: this.clock.wall + offMs + setMs, monotonic: 5_000 };
  }

  pass(ms: number): void {
    this.clock = { wall: this.clock.wall + ms, monotonic: this.clock.monotonic + ms };
  }

  set(ms: number): void {
    this.clock = { ...this.clock, wall: this.clock.wall + ms };
  }

  check(...dates: { offsetMs: number; agoMs: number }[]): ClockState {
    const told = dates.map(({ offsetMs, agoMs }) => ({
      replica: 's3://b',
      dateMs: this.clock.wall + offsetMs - agoMs,
      monotonic: this.clock.monotonic - agoMs,
    }));
    return this.run({ type: 'clock.check', dates: told }) as ClockState;
  }

  run(command: { readonly type: string; readonly [field: string]: unknown }): unknown {
    const whole = { ...command, clock: this.clock };
    return this.#log.transaction(() => this.#handlers[command.type]!(whole, this.#log.context));
  }

  /** What is on record of the clock, oldest first. */
  get recorded(): { type: string; body: Record<string, unknown>; actor: string }[] {
    const rows = this.#log.sql.all<{ canonical: string }>(
      "SELECT canonical FROM event WHERE type LIKE 'clock.%' ORDER BY seq",
    );
    return rows.map(({ canonical }) => {
      const { type, body, actor } = JSON.parse(canonical);
      return { type, body, actor: actor.token };
    });
  }

  close(): void {
    this.#log.close();
  }
}

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.close());

describe('a clock that jumps while the server runs', () => {
  it.each([YEAR, -YEAR])('by %d ms is on record once, and is suspect', (jump) => {
    machine.pass(1_000);
    machine.set(jump);
    expect(machine.check()).toEqual({ trusted: false, doubtedMs: 0, needsDate: true });
    machine.pass(60_000);
    expect(machine.check().trusted).toBe(false);
    const { wall } = machine.clock;
    const body = { wall: wall - 60_000, expected: wall - 60_000 - jump };
    expect(machine.recorded).toEqual([{ type: 'clock.suspect', body, actor: 'system' }]);
  });

  it('and back is right again, which is on record', () => {
    machine.set(YEAR);
    machine.check();
    machine.set(-YEAR);
    expect(machine.check().trusted).toBe(true);
    expect(machine.recorded.map(({ type, body }) => [type, body['by']])).toEqual([
      ['clock.suspect', undefined],
      ['clock.cleared', 'the monotonic clock'],
    ]);
  });
});

describe('a clock that was set while the server was off', () => {
  it.each([true, false])('is found where the machine stayed on (crash: %s)', (crash) => {
    machine.stop({ crash });
    machine.pass(60_000);
    machine.set(YEAR);
    machine.start();
    expect(machine.check().trusted).toBe(false);
  });

  it('is not believed where the machine was off, but for expiry not trusted either', () => {
    machine.stop();
    machine.reboot(60 * HOUR, YEAR);
    machine.start();
    expect(machine.check()).toEqual({ trusted: true, doubtedMs: YEAR + 60 * HOUR, needsDate: true });
    expect(machine.recorded).toEqual([]);
    machine.stop({ crash: true });
    machine.reboot(60_000);
    machine.start();
    expect(machine.check().doubtedMs).toBe(YEAR + 60 * HOUR);
  });

  it('back is suspect, until it is set', () => {
    machine.stop();
    machine.reboot(60 * HOUR, -YEAR);
    machine.start();
    expect(machine.check().trusted).toBe(false);
    machine.set(YEAR);
    expect(machine.check()).toMatchObject({ trusted: true, doubtedMs: 60 * HOUR });
  });
});

describe('a suspect clock', () => {
  beforeEach(() => {
    machine.set(YEAR);
    machine.check();
  });

  it('is suspect after a restart, and after one of the machine', () => {
    machine.stop();
    machine.pass(HOUR);
    machine.start();
    expect(machine.check().trusted).toBe(false);
    machine.stop({ crash: true });
    machine.reboot(2 * DAY);
    machine.start();
    expect(machine.check().trusted).toBe(false);
    expect(machine.recorded).toHaveLength(1);
  });

  it('is cleared by two answers of a replica that agree with it', () => {
    const answer = { offsetMs: 2_000, agoMs: 1_000 };
    expect(machine.check(answer).trusted).toBe(false);
    expect(machine.check(answer, { offsetMs: 0, agoMs: 10 })).toEqual({
      trusted: true,
      doubtedMs: 0,
      needsDate: false,
    });
    expect(machine.recorded.at(-1)).toEqual({
      type: 'clock.cleared',
      body: { by: 's3://b' },
      actor: 'system',
    });
  });

  it('is not cleared by answers that tell another time', () => {
    const wrong = { offsetMs: -YEAR, agoMs: 10 };
    expect(machine.check(wrong, wrong).trusted).toBe(false);
  });

  it('is cleared by an operator, who is named, and stays so after a restart', () => {
    expect(machine.run({ type: 'clock.clear', actor: { ...ACTOR, address: '10.0.0.7' } })).toEqual({
      cleared: true,
    });
    expect(machine.recorded.at(-1)).toEqual({
      type: 'clock.cleared',
      body: { by: 'operator anonymous at 10.0.0.7' },
      actor: 'anonymous',
    });
    expect(machine.run({ type: 'clock.clear', actor: ACTOR })).toEqual({ cleared: false });
    machine.stop({ crash: true });
    machine.pass(HOUR);
    machine.start();
    expect(machine.check()).toMatchObject({ trusted: true, doubtedMs: 0 });
  });
});

describe('the dates of a replica', () => {
  it('end the doubt that a stop of the machine left', () => {
    machine.stop();
    machine.reboot(60 * HOUR);
    machine.start();
    const answers = [
      { offsetMs: 0, agoMs: 20 },
      { offsetMs: -900, agoMs: 10 },
    ];
    expect(machine.check(...answers)).toEqual({ trusted: true, doubtedMs: 0, needsDate: false });
    expect(machine.recorded).toEqual([]);
  });

  it('make a clock suspect that nothing else told to be wrong', () => {
    machine.stop();
    machine.reboot(60 * HOUR, YEAR);
    machine.start();
    const wrong = { offsetMs: -YEAR, agoMs: 10 };
    expect(machine.check(wrong, wrong).trusted).toBe(false);
    machine.set(-YEAR);
    expect(machine.check().trusted).toBe(true);
  });
});
