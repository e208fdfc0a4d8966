import { RETENTION_IN_NEXT_INTERVALS_MIN } from '../compactor/plan/config.ts';
import { type CompactionConfig, type LevelConfig, SNAPSHOT_LEVEL } from '../compactor/plan/types.ts';

/** About how long the windows of levels 2 and 3 are, ms. */
const LEVEL2_MS = 300_000;
const LEVEL3_MS = 3_600_000;

/** Snapshots are at most so far apart unless somebody says otherwise, ms. */
const SNAPSHOT_MS_MAX = 86_400_000;

/** How a replica of one database is to be kept. */
export interface ReplicaSchedule {
  readonly syncIntervalMs: number;
  /** Every sync within it is a restore point. */
  readonly retentionMs: number;
  /** Null: as retention asks for. */
  readonly snapshotIntervalMs: number | null;
}

/**
 * The levels that keep a schedule. Level 1 is the sync interval, kept for the retention, so that every point in
 * it is a sync apart; levels 2 and 3 (as near 5 minutes and an hour as multiples of it allow) and snapshots make
 * restores shorter. Each interval divides the next; a level that would not is left out.
 */
export function levelsOf({
  syncIntervalMs,
  retentionMs,
  snapshotIntervalMs,
}: ReplicaSchedule): CompactionConfig {
  const asked = snapshotIntervalMs ?? Math.min(SNAPSHOT_MS_MAX, Math.floor(retentionMs / 2));
  const snapshotMs = Math.max(2, Math.ceil(asked / syncIntervalMs)) * syncIntervalMs;
  const middle = candidates(syncIntervalMs).find((levels) =>
    fits(levels, snapshotMs, snapshotIntervalMs === null),
  );
  const levels = [{ level: 1 as const, intervalMs: syncIntervalMs }, ...(middle ?? [])];
  const base = levels.at(-1)!.intervalMs;
  const last = { level: SNAPSHOT_LEVEL, intervalMs: Math.ceil(snapshotMs / base) * base } as const;
  return { levels: withRetention([...levels, last], retentionMs), level0BytesMax: LEVEL0_BYTES_MAX };
}

type Interval = Pick<LevelConfig, 'level' | 'intervalMs'>;

/** Which middle levels there may be, the best first. */
function candidates(syncIntervalMs: number): Interval[][] {
  const two = multiple(syncIntervalMs, LEVEL2_MS);
  const three = multiple(two ?? syncIntervalMs, LEVEL3_MS);
  const level2: Interval[] = two === null ? [] : [{ level: 2, intervalMs: two }];
  const level3: Interval[] = three === null ? [] : [{ level: 3, intervalMs: three }];
  return [[...level2, ...level3], level2];
}

/** The first multiple of an interval that is not less than `least`; null where the interval itself is not less. */
const multiple = (intervalMs: number, least: number): number | null =>
  intervalMs >= least ? null : Math.ceil(least / intervalMs) * intervalMs;

/** An interval that nobody asked for may be stretched to fit its levels. */
function fits(levels: readonly Interval[], snapshotMs: number, mayStretch: boolean): boolean {
  const last = levels.at(-1);
  return (
    last === undefined || (last.intervalMs < snapshotMs && (mayStretch || snapshotMs % last.intervalMs === 0))
  );
}

/** What the next level is built from must still be there. */
function withRetention(intervals: readonly Interval[], retentionMs: number): LevelConfig[] {
  return intervals.map((each, i) => {
    const next = intervals[i + 1]?.intervalMs ?? 0;
    return { ...each, retentionMs: Math.max(retentionMs, RETENTION_IN_NEXT_INTERVALS_MIN * next) };
  });
}

/** Single syncs stay in the local directory only until they are stored: every one of them is a point of level 1. */
export const LEVEL0_BYTES_MAX = 16 * 1024 * 1024;
