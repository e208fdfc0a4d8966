import type { BuildAction } from './actions.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { sourced } from './files.ts';
import { History, type Point } from './history.ts';
import type { LevelWork } from './level-work.ts';
import type { OmittedLevel0 } from './level0-part.ts';
import { type IsLocalPromised, isPromised } from './promise.ts';
import type { StoredFile } from './types.ts';

/** Files that have to stay. */
export class Kept {
  readonly #files = new Set<StoredFile>();
  readonly #marked = new Set<Point>();

  has(file: StoredFile): boolean {
    return this.#files.has(file);
  }

  add(file: StoredFile): void {
    this.#files.add(file);
  }

  /** Keeps what a point is restored from. Ways that join were marked from there on: linear in all. */
  addWay(point: Point | null | undefined): void {
    for (let at = point ?? null; at !== null && !this.#marked.has(at); at = at.previous) {
      this.#marked.add(at);
      this.#files.add(at.last.file);
    }
  }
}

/** What is to be done on a replica: by its levels, and what of that, or of what it copies, is done now. */
export interface ReplicaWork {
  readonly works: readonly LevelWork[];
  readonly builds: readonly BuildAction[];
}

/** What is promised of level 0. */
export interface Level0Promise {
  readonly isPromised: IsLocalPromised;
  readonly omitted: OmittedLevel0 | null;
}

/**
 * What has to stay for the sake of one database on one replica: of the replica's own files, and of level 0.
 *
 * - the file of each point whose promise holds, so that the catalogue alone says what is promised, and the way to it
 *   from the replica's own files, since level 0 may be lost with the disk
 * - the way to the newest state that the replica has by itself, and to the current state with level 0
 * - the ways to promised points of level 0, and to those that the catalogue leaves out
 * - what builds still due will read, and the ways to where what is built or copied now begins
 * - what lies beyond a hole, which may yet be filled
 *
 * Whatever is not kept may go in any order and in any part: the ways that are kept are there whole, and none of
 * them leads over a file that is not.
 */
export function keptFor(
  view: ReplicaView,
  { works, builds }: ReplicaWork,
  { isPromised: isLocalPromised, omitted }: Level0Promise,
  context: PlanContext,
): Kept {
  const { rules } = context;
  const kept = new Kept();
  const alone = new History(view.own, rules);
  const withLocal = new History([...view.own, ...view.local], rules);
  keepPromised(kept, view, alone, context);
  if (rules.keepsTip()) {
    kept.addWay(alone.tip);
    kept.addWay(withLocal.tip);
  }
  for (const { file } of view.local) {
    if (!isLocalPromised(file)) continue;
    kept.add(file);
    if (rules.keepsPlans()) kept.addWay(withLocal.endOf(file));
  }
  if (omitted !== null) keepOmitted(kept, omitted, alone, withLocal);
  if (rules.keepsOwed()) {
    keepOwed(kept, works, alone, withLocal);
    for (const { output } of builds) kept.addWay(alone.at(output.minTxid - 1n, output.preApplyChecksum));
  }
  const tip = alone.tip?.last.file.maxTxid ?? 0n;
  for (const { file } of alone.unreachable) if (file.maxTxid > tip) kept.add(file);
  return kept;
}

/**
 * Each left out is restored by the replica's last file before it, and the transactions from there on: so what leads
 * to the ends of the replica's files among them is kept, and what leads to where they begin.
 */
function keepOmitted(kept: Kept, { after, before }: OmittedLevel0, alone: History, withLocal: History): void {
  kept.addWay(withLocal.at(after));
  for (const point of alone.points) {
    const { maxTxid } = point.last.file;
    if (maxTxid >= after && maxTxid < before) kept.addWay(point);
  }
}

function keepPromised(kept: Kept, view: ReplicaView, alone: History, context: PlanContext): void {
  for (const { file } of view.own) {
    if (!isPromised(file, context)) continue;
    kept.add(file);
    if (context.rules.keepsPlans()) kept.addWay(alone.endOf(file));
  }
}

/**
 * Inputs of builds that are due, or will be when their window is closed; of snapshots all they are built from. And
 * the way, without level 0, to where they begin: the point that is built will be promised on it.
 */
function keepOwed(kept: Kept, works: readonly LevelWork[], alone: History, withLocal: History): void {
  for (const { owed } of works) {
    for (const { files, end } of owed) {
      for (const { file } of files) kept.add(file);
      const first = files[0]!.file;
      kept.addWay(alone.at(first.minTxid - 1n, first.preApplyChecksum));
      kept.addWay(withLocal.endOf(end));
    }
  }
}

/** Files of a replica that may go. */
export function expiredOn(view: ReplicaView, kept: Kept): StoredFile[] {
  return view.own.map(({ file }) => file).filter((file) => !kept.has(file));
}

/**
 * Files of level 0 that may go: those that every required replica has, each in files of its own, and that
 * nothing there needs any more.
 */
export function expiredLocally(
  views: readonly ReplicaView[],
  kept: readonly Kept[],
  { rules }: PlanContext,
): StoredFile[] {
  if (views.length === 0) return [];
  const reached = views.map(({ own }) => new History(own, rules).tip?.last.file.maxTxid ?? 0n);
  return sourced(null, views[0]!.catalogue.local)
    .map(({ file }) => file)
    .filter((file) => reached.every((reach) => rules.isStored(file.maxTxid, reach)))
    .filter((file) => !kept.some((each) => each.has(file)));
}
