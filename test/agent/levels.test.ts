import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { levelsOf } from '../../src/agent/levels.ts';
import { property } from '../support/property.ts';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

const shown = (syncIntervalMs: number, retentionMs: number, snapshotIntervalMs: number | null = null) =>
  levelsOf({ syncIntervalMs, retentionMs, snapshotIntervalMs }).levels.map(
    ({ level, intervalMs }) => `${level}:${intervalMs / 1000}s`,
  );

describe('levels of a replica', () => {
  test('a sync a second, a day kept', () => {
    expect(shown(second, day)).toEqual(['1:1s', '2:300s', '3:3600s', '9:43200s']);
  });
  test('a sync every five minutes needs no level 2', () => {
    expect(shown(5 * minute, day)).toEqual(['1:300s', '3:3600s', '9:43200s']);
  });
  test('an interval that divides no hour has hours of its own', () => {
    expect(shown(7 * second, 30 * day)).toEqual(['1:7s', '2:301s', '3:3612s', '9:86688s']);
  });
  test('a snapshot interval that is asked for is kept, and levels that do not divide it are not', () => {
    expect(shown(second, day, 90 * minute)).toEqual(['1:1s', '2:300s', '9:5400s']);
    expect(shown(second, day, 24 * hour)).toEqual(['1:1s', '2:300s', '3:3600s', '9:86400s']);
  });
  test('a short retention', () => {
    expect(shown(second, minute)).toEqual(['1:1s', '9:30s']);
    expect(shown(hour, hour)).toEqual(['1:3600s', '9:7200s']);
  });

  test('intervals divide each other, and every sync is kept for the retention', () => {
    const ms = (max: number) => fc.integer({ min: 1, max: max / second }).map((n) => n * second);
    fc.assert(
      fc.property(ms(day), ms(90 * day), fc.option(ms(7 * day)), (sync, retention, snapshot) => {
        const { levels } = levelsOf({
          syncIntervalMs: sync,
          retentionMs: retention,
          snapshotIntervalMs: snapshot,
        });
        expect(levels[0]).toMatchObject({ level: 1, intervalMs: sync });
        expect(levels.at(-1)?.level).toBe(9);
        for (const [i, level] of levels.entries()) {
          const next = levels[i + 1];
          expect(level.retentionMs).toBeGreaterThanOrEqual(retention);
          if (next === undefined) continue;
          expect(next.intervalMs % level.intervalMs).toBe(0);
          expect(next.intervalMs).toBeGreaterThan(level.intervalMs);
          expect(level.retentionMs).toBeGreaterThanOrEqual(2 * next.intervalMs);
        }
        // Where one is asked for, it is at most a sync late.
        if (snapshot !== null && snapshot >= 2 * sync)
          expect(levels.at(-1)!.intervalMs - snapshot).toBeLessThan(sync);
      }),
      property(500),
    );
  });
});
