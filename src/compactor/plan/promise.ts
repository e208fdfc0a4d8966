import type { PlanContext } from './context.ts';
import type { StoredFile } from './types.ts';

/** Which points of level 0 are still promised. */
export type IsLocalPromised = (file: StoredFile) => boolean;

/**
 * Whether the promise of the point at the end of a file of level 1 or above holds. A level that is configured no
 * more promises nothing; what it holds stays as long as other points need it.
 */
export function isPromised(file: StoredFile, { config, now, rules }: PlanContext): boolean {
  const level = config.levels.find((each) => each.level === file.level);
  return level !== undefined && rules.isPromised(rules.promiseStart(file) + level.retentionMs, now);
}

/** Points of level 0 are promised for the retention of level 1, as far as the byte limit lets them. */
export function localPromise(cutoff: number, { config, now, rules }: PlanContext): IsLocalPromised {
  const retentionMs = config.levels[0]!.retentionMs;
  return (file) => {
    const start = rules.promiseStart(file);
    return start > cutoff && rules.isPromised(start + retentionMs, now);
  };
}
