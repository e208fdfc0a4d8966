import type { Txid } from '../../ltx/index.ts';
import type { SourcedFile } from './files.ts';
import { type History, wayTo } from './history.ts';
import { allPoints, historiesOf, type RestorePoint } from './points.ts';
import type { DatabaseCatalogue } from './types.ts';

/** What is asked for: a TXID, the last point not after a time (ms, inclusive), or the newest point. */
export type RestoreTarget = { readonly txid: Txid } | { readonly timestamp: number } | 'newest';

export type RestorePlan =
  | {
      readonly kind: 'plan';
      readonly point: RestorePoint;
      /** The replica that is read beside level 0; null when level 0 is all that is read. */
      readonly replica: string | null;
      /** In their order; the first is a base. */
      readonly files: readonly SourcedFile[];
    }
  | {
      /** The target is no restore point; the nearest ones before and after it. */
      readonly kind: 'none';
      readonly before?: RestorePoint;
      readonly after?: RestorePoint;
    };

/**
 * How to restore a state, exactly it or not at all: from the newest base and then the longest files, of one
 * replica and of level 0.
 * @param replicas in the order in which they are to be read from; those of the catalogue when left out
 */
export function planRestore(
  catalogue: DatabaseCatalogue,
  target: RestoreTarget,
  replicas?: readonly string[],
): RestorePlan {
  const histories = historiesOf(readable(catalogue, replicas));
  const points = allPoints(histories);
  const at = indexOf(points, target);
  const point = points[at];
  if (point === undefined || ('object' === typeof target && 'txid' in target && point.txid !== target.txid)) {
    return none(points, target);
  }
  for (const [name, history] of histories) {
    const plan = planFrom(history, name, point);
    if (plan !== undefined) return plan;
  }
  return none(points, target);
}

function readable(catalogue: DatabaseCatalogue, names?: readonly string[]): DatabaseCatalogue {
  if (names === undefined) return catalogue;
  return { ...catalogue, replicas: new Map(names.map((name) => [name, catalogue.replicas.get(name) ?? []])) };
}

function planFrom(history: History, name: string | null, point: RestorePoint): RestorePlan | undefined {
  const found = history.at(point.txid, point.checksum);
  if (found === undefined) return undefined;
  const files = wayTo(found);
  const replica = files.some((entry) => entry.replica !== null) ? name : null;
  return { kind: 'plan', point, replica, files };
}

/** Index of the last point that is not after the target; -1 when there is none. */
function indexOf(points: readonly RestorePoint[], target: RestoreTarget): number {
  if (target === 'newest') return points.length - 1;
  const isAfter =
    'txid' in target
      ? (point: RestorePoint) => point.txid > target.txid
      : (point: RestorePoint) => point.effectiveTime > target.timestamp;
  return points.findLastIndex((point) => !isAfter(point));
}

function none(points: readonly RestorePoint[], target: RestoreTarget): RestorePlan {
  const at = indexOf(points, target);
  const [before, after] = [points[at], points[at + 1]];
  return {
    kind: 'none',
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}
