import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_JUMP_MAX_MS, effectiveTime } from '../../src/commands/clock.ts';
import { beliefAtStart, believed, expectedWall, observed } from '../../src/commands/clock-belief.ts';
import { runs } from '../support/scale.ts';

const HOUR = 3_600_000;

const start = { wall: 1_000_000_000, monotonic: 5_000 };
const later = (wall: number, monotonic: number) => ({
  wall: start.wall + wall,
  monotonic: start.monotonic + monotonic,
});
const running = believed(start);

describe('the wall clock against the monotonic one', () => {
  it('has nothing to compare with at first', () => {
    const belief = beliefAtStart({ saved: null, suspect: false, reading: start, bootId: 'a' });
    expect(observed(belief, start)).toEqual(running);
  });

  it.each([
    ['both moved on', 60_000, 60_000],
    ['exactly an hour ahead', HOUR + 10, 10],
    ['exactly an hour behind', 10 - HOUR, 10],
    ['a day passed on both', 24 * HOUR, 24 * HOUR],
  ])('is believed when %s', (_, wall, monotonic) => {
    const reading = later(wall, monotonic);
    expect(observed(running, reading)).toEqual(believed(reading));
  });

  it.each([
    ['more than an hour ahead', HOUR + 11, 10],
    ['more than an hour behind', 9 - HOUR, 10],
    ['a day passed on one of them only', 0, 24 * HOUR],
  ])('is suspect when %s, and where it should stand is told', (_, wall, monotonic) => {
    const reading = later(wall, monotonic);
    expect(observed(running, reading).suspect).toBe(true);
    expect(expectedWall(running, reading)).toBe(start.wall + monotonic);
  });

  it('is believed again when it is back where it should be, and only there', () => {
    const jumped = observed(running, later(10 * HOUR, 1_000));
    expect(observed(jumped, later(10 * HOUR + 2_000, 3_000)).suspect).toBe(true);
    expect(observed(jumped, later(5_000, 5_000))).toEqual(believed(later(5_000, 5_000)));
  });

  it('allows an hour', () => expect(CLOCK_JUMP_MAX_MS).toBe(HOUR));
});

describe('effective time', () => {
  const at = (wall: number, trusted = true) => ({ wall, trusted });

  it.each([
    ['the first transaction has its own', null, 500, at(1_000), 500],
    ['one from the future has that of its arrival', null, 5_000, at(1_000), 1_000],
    ['a later one has its own', 400, 500, at(1_000), 500],
    ['one that claims to be older has that of the one before', 800, 500, at(1_000), 800],
    ['one before 1970 may be', null, -5, at(1_000), -5],
    ['under a suspect clock it has that of the one before', 400, 500, at(1_000, false), 400],
    ['under a suspect clock the first still needs one', null, 500, at(1_000, false), 500],
  ])('%s', (_, previous, timestamp, now, expected) => {
    expect(effectiveTime(previous, timestamp, now)).toBe(expected);
  });

  it('never falls and, under a clock that is trusted, never passes its arrival unless the one before did', () => {
    const step = fc.record({ timestamp: fc.integer(), wall: fc.integer(), trusted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        let previous: number | null = null;
        for (const { timestamp, wall, trusted } of steps) {
          const next = effectiveTime(previous, timestamp, { wall, trusted });
          if (previous !== null) expect(next).toBeGreaterThanOrEqual(previous);
          expect(next).toBeLessThanOrEqual(Math.max(previous ?? wall, wall));
          previous = next;
        }
      }),
      { numRuns: runs(200) },
    );
  });
});
