import type { PlanContext } from './context.ts';
import type { OmittedLevel0 } from './level0-part.ts';
import type { StoredFile } from './types.ts';
import { AHEAD_MAX_MS } from './windows.ts';

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

/**
 * Points of level 0 are promised for the retention of level 1, as far as the byte limit lets them.
 *
 * One that was received under a clock far ahead counts from when the next one was received, which was later: level 0
 * goes from its beginning only, so that one would keep all that follows it, for as long as the clock was ahead. A next
 * one that seems to be no later than what came before was received under a clock that was behind, and says nothing.
 * @param local level 0, in the order of its receipt
 * @param omitted what that leaves out: behind it nobody knows what the next one was, or what came before
 */
export function localPromise(
  local: readonly StoredFile[],
  omitted: OmittedLevel0 | null,
  cutoff: number,
  { config, now, rules }: PlanContext,
): IsLocalPromised {
  const retentionMs = config.levels[0]!.retentionMs;
  const border = omitted === null ? -1 : local.findIndex((file) => file.maxTxid > omitted.after);
  const beginning = border === -1 ? local : local.slice(0, border);
  const corrected = startsOfAhead(beginning, (file) => rules.promiseStart(file), now + AHEAD_MAX_MS);
  return (file) => {
    const start = corrected.get(file) ?? rules.promiseStart(file);
    return start > cutoff && rules.isPromised(start + retentionMs, now);
  };
}

/** For what begins after `latest`: the next beginning before that, of those that go beyond all that came earlier. */
function startsOfAhead(
  local: readonly StoredFile[],
  startOf: (file: StoredFile) => number,
  latest: number,
): Map<StoredFile, number> {
  const corrected = new Map<StoredFile, number>();
  let ahead: StoredFile[] = [];
  let reached = Number.NEGATIVE_INFINITY;
  for (const file of local) {
    const start = startOf(file);
    if (start > latest) {
      ahead.push(file);
      // What it followed may have gone by now; its effective time is no earlier than that one's.
      reached = Math.max(reached, Math.min(latest, file.effectiveTime));
    } else if (start > reached) {
      for (const each of ahead) corrected.set(each, start);
      ahead = [];
      reached = start;
    }
  }
  return corrected;
}
