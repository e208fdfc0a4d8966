import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClockReading } from '../../src/commands/clock.ts';
import {
  beliefAtStart,
  believed,
  type ClockBelief,
  confirmed,
  DOUBTS_MAX,
  disproved,
  doubtedMs,
  observed,
  receivedAt,
} from '../../src/commands/clock-belief.ts';
import { judgeDates } from '../../src/commands/clock-dates.ts';
import { property } from '../support/property.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RETENTION = 30 * DAY;

const at = (wall: number, monotonic: number): ClockReading => ({ wall: 1_800_000_000_000 + wall, monotonic });
const stopped = (belief: ClockBelief, bootId: string | null = 'first') => ({
  reading: { wall: belief.base.wall, monotonic: belief.base.monotonic },
  bootId,
  doubts: belief.doubts,
});
/** A start, and the first look at the clocks. */
const startOn = (
  saved: ReturnType<typeof stopped>,
  reading: ClockReading,
  bootId: string | null,
  suspect = false,
): ClockBelief => observed(beliefAtStart({ saved, suspect, reading, bootId }), reading);

const running = believed(at(0, 500_000));
const doubt = (belief: ClockBelief, reading: ClockReading): number => doubtedMs(belief, reading, RETENTION);

describe('a clock that moved while the server was off', () => {
  it('is found by the monotonic one where the machine stayed on', () => {
    expect(startOn(stopped(running), at(2 * DAY, 500_000 + DAY), 'first').suspect).toBe(true);
    expect(startOn(stopped(running), at(-2 * HOUR, 600_000), 'first').suspect).toBe(true);
    expect(startOn(stopped(running), at(2 * DAY, 500_000 + 2 * DAY), 'first')).toEqual(
      believed(at(2 * DAY, 500_000 + 2 * DAY)),
    );
  });

  it('is suspect where it stands before the last time that was believed', () => {
    expect(startOn(stopped(running), at(-2 * HOUR, 1_000), 'second').suspect).toBe(true);
    expect(startOn(stopped(running), at(-HOUR, 1_000), 'second').suspect).toBe(false);
  });

  it.each([
    ['after a start of the machine', 'second', 1_000],
    ['where starts of the machine have no name', null, 900_000],
    ['where the time since boot has gone back', 'first', 1_000],
  ])('is doubted for as long as the server was off, %s', (_, bootId, monotonic) => {
    const saved = stopped(running, bootId === null ? null : 'first');
    const now = at(60 * HOUR, monotonic);
    const belief = startOn(saved, now, bootId);
    expect(belief.suspect).toBe(false);
    expect(doubt(belief, now)).toBe(60 * HOUR);
  });

  it('is believed after a short stop', () => {
    const now = at(HOUR, 1_000);
    expect(doubt(startOn(stopped(running), now, 'second'), now)).toBe(0);
  });
});

describe('a doubt', () => {
  const weekend = startOn(stopped(running), at(60 * HOUR, 1_000), 'second');

  it('ends when the server has run for the longest retention, and no earlier', () => {
    const later = (ms: number) => at(60 * HOUR + ms, 1_000 + ms);
    expect(doubt(observed(weekend, later(RETENTION)), later(RETENTION))).toBe(60 * HOUR);
    expect(doubt(observed(weekend, later(RETENTION + 1)), later(RETENTION + 1))).toBe(0);
  });

  it('outlives further starts, and adds up', () => {
    const ran = observed(weekend, at(61 * HOUR, 1_000 + HOUR));
    const again = at(71 * HOUR, 7_000);
    const third = startOn(stopped(ran, 'second'), again, 'third');
    expect(doubt(third, again)).toBe(70 * HOUR);
    // The first of them has an hour less to run.
    const later = at(71 * HOUR + RETENTION - HOUR + 1, 7_000 + RETENTION - HOUR + 1);
    expect(doubt(observed(third, later), later)).toBe(10 * HOUR);
  });

  it('becomes one with its neighbour when there are many', () => {
    let belief = running;
    let now = at(0, 500_000);
    for (let start = 0; start < DOUBTS_MAX + 10; start++) {
      now = { wall: now.wall + 2 * HOUR, monotonic: start };
      belief = startOn(stopped(belief), now, `${start}`);
    }
    expect(belief.doubts).toHaveLength(DOUBTS_MAX);
    expect(doubt(belief, now)).toBe((DOUBTS_MAX + 10) * 2 * HOUR);
  });
});

describe('a clock that is confirmed', () => {
  it('is doubted no more, however long the server was off', () => {
    const now = at(60 * HOUR, 1_000);
    expect(confirmed(startOn(stopped(running), now, 'second'), now)).toEqual(believed(now));
  });

  it('is believed as it stands after a jump ahead', () => {
    const now = at(10 * DAY, 501_000);
    expect(confirmed(observed(running, now), now)).toEqual(believed(now));
  });
});

describe('a suspect clock', () => {
  const jumped = { ...observed(running, at(DAY, 501_000)), suspect: true };

  it('is suspect after a start, too, and right where it is back', () => {
    expect(startOn(stopped(jumped), at(DAY + 10_000, 511_000), 'first', true).suspect).toBe(true);
    expect(startOn(stopped(jumped), at(11_000, 511_000), 'first', true).suspect).toBe(false);
  });

  it('is suspect after a start of the machine, whatever it says: it may be as it was', () => {
    const belief = startOn(stopped(jumped), at(DAY, 1_000), 'second', true);
    expect(belief.suspect).toBe(true);
    expect(observed(belief, at(2 * DAY, 1_000 + DAY)).suspect).toBe(true);
  });

  it('that began too early is doubted, and no more, when it has been set', () => {
    const early = startOn(stopped(running), at(-20 * 365 * DAY, 1_000), 'second');
    expect(early.suspect).toBe(true);
    const set = at(60 * HOUR, 9_000);
    expect(observed(early, set).suspect).toBe(false);
    expect(doubt(observed(early, set), set)).toBe(60 * HOUR - 8_000);
    // What was received before has the time of the last stop: that the clock is right does not change it.
    expect(doubt(confirmed(observed(early, set), set), set)).toBe(60 * HOUR - 8_000);
    expect(doubt(confirmed(early, set), set)).toBe(60 * HOUR - 8_000);
  });

  it('that a replica disproved is right again when it comes to where the replica has it', () => {
    const belief = disproved(running, at(0, 500_000), at(DAY, 0).wall);
    expect(observed(belief, at(10, 500_010)).suspect).toBe(true);
    expect(observed(belief, at(DAY + 10, 500_010)).suspect).toBe(false);
  });
});

describe('the dates of replicas', () => {
  const now = at(0, 500_000);
  const date = (replica: string, offset: number, monotonic = 499_000) => ({
    replica,
    dateMs: now.wall + offset + monotonic - now.monotonic,
    monotonic,
  });

  it.each([
    ['one answer says nothing', [date('a', 0)], 'unknown'],
    ['two that agree say that it is right', [date('a', 0), date('a', HOUR)], 'agrees'],
    ['... however old they are', [date('a', 0, 1), date('a', 0, 9)], 'agrees'],
    ['two of two replicas do not', [date('a', 0), date('b', 0)], 'unknown'],
    ['two that agree on another time say so', [date('a', DAY), date('a', DAY)], 'disagrees'],
    ['two that do not agree say nothing', [date('a', DAY), date('a', 0)], 'unknown'],
    ['the last two count', [date('a', DAY), date('a', 0), date('a', 0)], 'agrees'],
    ['one that agrees outweighs', [date('a', DAY), date('a', DAY), date('b', 0), date('b', 0)], 'agrees'],
  ])('%s', (_, dates, kind) => {
    expect(judgeDates(dates, now).kind).toBe(kind);
  });
});

/**
 * The promise: whatever the wall clock does while the machine is off, nothing that was received before expires
 * before its retention has passed in truth, unless a replica or an operator says that the clock is right.
 */
describe('the time that promises end by', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('run' as const), ms: fc.integer({ min: 1, max: 10 * DAY }) }),
    fc.record({
      kind: fc.constant('off' as const),
      ms: fc.integer({ min: 0, max: 10 * DAY }),
      jumpMs: fc.integer({ min: -20 * DAY, max: 400 * DAY }),
      reboots: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('jump' as const), jumpMs: fc.integer({ min: -DAY, max: 400 * DAY }) }),
    fc.record({ kind: fc.constant('set' as const) }),
    fc.record({ kind: fc.constant('ask' as const) }),
  );

  it('is never ahead of the truth for what was there before', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        // In truth, and as the clocks have it.
        let [truth, wall, monotonic, boot, suspect, tolerated] = [0, 0, 0, 0, false, HOUR];
        const received: { truth: number; wall: number }[] = [];
        const reading = () => at(wall, monotonic);
        let belief = believed(reading());
        let saved = stopped(belief, `${boot}`);
        const look = () => {
          belief = observed(belief, reading());
          suspect = belief.suspect;
          if (!suspect) saved = { ...stopped(belief), bootId: `${boot}` };
        };
        for (const each of steps) {
          received.push({ truth, wall: receivedAt(belief, reading()) });
          if (each.kind === 'run') {
            for (const part of [each.ms / 2, each.ms / 2].map(Math.floor)) {
              truth += part;
              wall += part;
              monotonic += part;
              look();
            }
          } else if (each.kind === 'set') {
            wall = truth;
            look();
          } else if (each.kind === 'ask') {
            if (Math.abs(wall - truth) > HOUR) continue;
            belief = confirmed(belief, reading());
            tolerated += 2 * HOUR;
            look();
          } else if (each.kind === 'jump') {
            wall += each.jumpMs;
            if (Math.abs(each.jumpMs) <= HOUR) tolerated += HOUR;
            look();
          } else {
            truth += each.ms;
            wall += each.ms + each.jumpMs;
            monotonic = each.reboots ? 0 : monotonic + each.ms;
            if (each.reboots) boot++;
            tolerated += HOUR;
            belief = beliefAtStart({ saved, suspect, reading: reading(), bootId: `${boot}` });
            look();
          }
          if (suspect) continue;
          const proven = reading().wall - doubtedMs(belief, reading(), RETENTION);
          for (const point of received) {
            const hasExpired = point.wall + RETENTION < proven;
            if (hasExpired) expect(truth - point.truth).toBeGreaterThan(RETENTION - tolerated);
          }
        }
      }),
      property(500),
    );
  });
});
