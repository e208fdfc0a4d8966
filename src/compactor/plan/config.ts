import { LfsbError } from '../../errors/index.ts';
import { formatDuration, parseDuration } from './durations.ts';
import { type CompactionConfig, type LevelConfig, SNAPSHOT_LEVEL } from './types.ts';

export const DEFAULT_LEVELS = '1:10s:1h,2:5m:72h,3:1h:720h';
export const DEFAULT_SNAPSHOT = '24h:720h';
export const DEFAULT_LEVEL0_BYTES_MAX = 1024 ** 3;

/** A level's retention is at least so many intervals of the next: what is built from it must still be there. */
export const RETENTION_IN_NEXT_INTERVALS_MIN = 2;

/** Longest interval or retention, ms: a hundred years. Sums with a time stay whole numbers. */
const DURATION_MS_MAX = 100 * 366 * 86_400_000;

const refused = (name: string, value: string, why: string): LfsbError =>
  new LfsbError('ECONFIG', `${name}=${value}: ${why}`, {
    hint: `levels are written as LFSB_LEVELS=${DEFAULT_LEVELS} and LFSB_SNAPSHOT=${DEFAULT_SNAPSHOT}`,
  });

/**
 * Levels and snapshots as `LFSB_LEVELS` and `LFSB_SNAPSHOT` set them, checked against each other.
 * @throws LfsbError `ECONFIG`, naming the setting and the level
 */
export function parseCompaction(
  levels: string = DEFAULT_LEVELS,
  snapshot: string = DEFAULT_SNAPSHOT,
  level0BytesMax: number = DEFAULT_LEVEL0_BYTES_MAX,
): CompactionConfig {
  const parsed = levels.split(',').map((part) => parseLevel(levels, part));
  checkNumbers(levels, parsed);
  const [interval, retention, ...rest] = snapshot.split(':');
  if (rest.length > 0) throw refused('LFSB_SNAPSHOT', snapshot, 'it is not an interval and a retention');
  const last: LevelConfig = {
    level: SNAPSHOT_LEVEL,
    intervalMs: duration('LFSB_SNAPSHOT', snapshot, interval),
    retentionMs: duration('LFSB_SNAPSHOT', snapshot, retention),
  };
  const all = [...parsed, last];
  checkNeighbours(levels, snapshot, all);
  return { levels: all, level0BytesMax };
}

function parseLevel(levels: string, part: string): LevelConfig {
  const [number = '', interval, retention, ...rest] = part.split(':');
  const level = ([1, 2, 3] as const).find((each) => String(each) === number);
  if (level === undefined || rest.length > 0) {
    throw refused(
      'LFSB_LEVELS',
      levels,
      `"${part}" is not a level from 1 to 3 with an interval and a retention`,
    );
  }
  return {
    level,
    intervalMs: duration('LFSB_LEVELS', levels, interval),
    retentionMs: duration('LFSB_LEVELS', levels, retention),
  };
}

function duration(name: string, value: string, text = ''): number {
  const parsed = parseDuration(text);
  if (parsed === undefined || parsed > DURATION_MS_MAX) {
    throw refused(name, value, `"${text}" is not a duration such as 90s, 5m, 1h30m or 7d`);
  }
  return parsed;
}

function checkNumbers(levels: string, parsed: readonly LevelConfig[]): void {
  if (parsed[0]?.level !== 1) throw refused('LFSB_LEVELS', levels, 'the first level is not 1');
  for (const [i, { level }] of parsed.entries()) {
    if (i > 0 && level <= parsed[i - 1]!.level)
      throw refused('LFSB_LEVELS', levels, 'the levels do not rise');
  }
}

function checkNeighbours(levels: string, snapshot: string, all: readonly LevelConfig[]): void {
  for (const [i, next] of all.entries()) {
    const lower = all[i - 1];
    if (lower === undefined) continue;
    const name = next.level === SNAPSHOT_LEVEL ? 'LFSB_SNAPSHOT' : 'LFSB_LEVELS';
    const value = next.level === SNAPSHOT_LEVEL ? snapshot : levels;
    const [interval, needed] = [
      formatDuration(next.intervalMs),
      RETENTION_IN_NEXT_INTERVALS_MIN * next.intervalMs,
    ];
    if (next.intervalMs % lower.intervalMs !== 0 || next.intervalMs === lower.intervalMs) {
      const why = `the interval of level ${lower.level}, ${formatDuration(lower.intervalMs)}, does not divide that of level ${next.level}, ${interval}`;
      throw refused(name, value, why);
    }
    if (lower.retentionMs < needed) {
      const why = `the retention of level ${lower.level}, ${formatDuration(lower.retentionMs)}, is less than two intervals of level ${next.level}, ${formatDuration(needed)}`;
      throw refused('LFSB_LEVELS', levels, why);
    }
  }
}

/** The line that start-up logs for a level. */
export const monitoringLine = ({ level, intervalMs, retentionMs }: LevelConfig): string =>
  `monitoring compaction level=${level} interval=${formatDuration(intervalMs)} retention=${formatDuration(retentionMs)}`;
