import type { Txid } from '../../ltx/index.ts';
import type { Gap } from './actions.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { History } from './history.ts';
import type { LevelWork } from './level-work.ts';
import { isPromised } from './promise.ts';
import type { Hole } from './walk.ts';

/** What is missing on a replica: between its own files, and between it and level 0. */
export function gapsOf(view: ReplicaView, works: readonly LevelWork[], context: PlanContext): Gap[] {
  const { cluster, db, incarnation } = view.catalogue;
  const holes = [...holesWithin(new History(view.own, context.rules), context), ...(works[0]?.holes ?? [])];
  return holes.map((hole) => ({ cluster, db, incarnation, replica: view.replica, ...hole }));
}

/**
 * Before each run of files that no base leads to, one hole. Of those, files that are past their promise and
 * below the newest point are what a deletion in part has left, and nothing is missing there.
 */
function holesWithin(history: History, context: PlanContext): Hole[] {
  const tip = history.tip?.last.file.maxTxid ?? 0n;
  const holes: Hole[] = [];
  let runEnd: Txid | null = null;
  for (const { file } of history.unreachable) {
    if (file.maxTxid <= tip && !isPromised(file, context)) continue;
    // A longer file leads to the same point, over what has gone from this one's level.
    if (history.endOf(file) !== undefined) continue;
    if (runEnd === null || file.minTxid > runEnd + 1n) {
      holes.push({ after: lastBefore(history, file.minTxid), before: file.minTxid });
    }
    runEnd = runEnd === null || file.maxTxid > runEnd ? file.maxTxid : runEnd;
  }
  return holes;
}

/** The newest TXID with a point below `txid`; 0 when there is none. */
function lastBefore({ points }: History, txid: Txid): Txid {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle]!.last.file.maxTxid < txid) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0n : points[low - 1]!.last.file.maxTxid;
}
