import type { BuildAction, DeleteAction } from './actions.ts';
import { buildOfFile } from './build-of-file.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { byEnd, type SourcedFile, sourced } from './files.ts';
import { History, wayTo } from './history.ts';
import { workOf } from './level-work.ts';
import { type Kept, keptFor } from './plan-expiry.ts';
import { historiesOf } from './points.ts';
import type { Rules } from './rules.ts';
import type { DatabaseCatalogue, StoredFile } from './types.ts';

/** Replicas that have not answered for long: nothing is expected of them. */
export type Away = ReadonlySet<string>;

/**
 * What builds are planned from. Where a file of the replica is missing or damaged, what only it leads to stands for
 * nothing: levels go on from what can be reached, at the latest from the next whole database. Nor is another replica
 * waited for that is away.
 */
export function reachableView(view: ReplicaView, away: Away, { rules }: PlanContext): ReplicaView {
  if (view.damaged.length === 0) return view;
  const replicas = new Map([...view.catalogue.replicas].filter(([name]) => !away.has(name)));
  const catalogue = { ...view.catalogue, replicas };
  const unreachable = new Set(new History([...view.own, ...view.local], rules).unreachable);
  const isReachable = (entry: SourcedFile): boolean => !unreachable.has(entry);
  return { ...view, catalogue, own: view.own.filter(isReachable), local: view.local.filter(isReachable) };
}

/** What would be kept if nothing were missing or damaged; null where nothing is. */
export function keptIfRight(view: ReplicaView, context: PlanContext): Kept | null {
  if (view.damaged.length === 0) return null;
  const lost = sourced(view.replica, view.damaged);
  const own = [...view.own, ...lost].sort((a, b) => a.file.level - b.file.level || byEnd(a.file, b.file));
  const asItWas = { ...view, own };
  const work = { works: workOf(asItWas, context), builds: [] };
  return keptFor(asItWas, work, { isPromised: () => false, omitted: null }, context);
}

/**
 * Makes what is needed anew, under its own name: from the same file of another replica, or of what it was made of, as
 * far as that is there still; else of what any replica has. What nothing is left of is not in it.
 */
export function planRepairs(
  view: ReplicaView,
  needed: readonly StoredFile[],
  away: Away,
  context: PlanContext,
): BuildAction[] {
  if (needed.length === 0) return [];
  const others = [...view.catalogue.replicas]
    .filter(([name]) => name !== view.replica && !away.has(name))
    .flatMap(([name, files]) => sourced(name, files));
  const here = [...view.own, ...view.local];
  return [...needed].sort(byEnd).flatMap((file) => {
    const same = others.find((other) => isSame(other.file, file));
    const inputs =
      same === undefined
        ? (leadingTo(file, here, context.rules) ?? leadingTo(file, [...here, ...others], context.rules))
        : [same];
    return inputs === null ? [] : [repairOf(view, file, inputs)];
  });
}

const isSame = (a: StoredFile, b: StoredFile): boolean =>
  a.minTxid === b.minTxid &&
  a.maxTxid === b.maxTxid &&
  a.preApplyChecksum === b.preApplyChecksum &&
  a.postApplyChecksum === b.postApplyChecksum &&
  a.pageSize === b.pageSize &&
  a.commit === b.commit &&
  a.effectiveTime === b.effectiveTime;

/** Files whose merge is a given one; null where there are none. */
function leadingTo(
  wanted: StoredFile,
  pool: readonly SourcedFile[],
  rules: Rules,
): readonly SourcedFile[] | null {
  const isWhole = wanted.minTxid === 1n;
  const isWithin = ({ file }: SourcedFile): boolean =>
    file.maxTxid <= wanted.maxTxid &&
    (isWhole || (file.minTxid >= wanted.minTxid && file.pageSize === wanted.pageSize));
  const begins = (file: StoredFile): boolean =>
    file.minTxid === wanted.minTxid && file.preApplyChecksum === wanted.preApplyChecksum;
  const from = isWhole ? rules : { ...rules, isBase: begins };
  const point = new History(pool.filter(isWithin), from).endOf(wanted);
  return point === undefined ? null : wayTo(point);
}

function repairOf(view: ReplicaView, file: StoredFile, inputs: readonly SourcedFile[]): BuildAction {
  const places = [...new Set(inputs.map(({ replica }) => replica ?? 'level 0'))].join(' and ');
  return buildOfFile(view, file, inputs, `it was missing or damaged, and is made anew from ${places}`);
}

/**
 * What is left of missing and damaged files goes when it would if they were right, and nothing is there any more that
 * it alone led to: that may be of use again if the file comes back.
 */
export function expiredDamage(
  view: ReplicaView,
  needed: readonly StoredFile[],
  { rules }: PlanContext,
): DeleteAction[] {
  if (view.damaged.length === 0 || new History(view.own, rules).unreachable.length > 0) return [];
  const { cluster, db, incarnation } = view.catalogue;
  const name = { cluster, db, incarnation, replica: view.replica };
  const reason = 'it was missing or damaged, and no promised point needs it any more';
  return view.damaged
    .filter((file) => !needed.includes(file))
    .map((file) => ({ kind: 'delete', ...name, file, reason }));
}

/**
 * Whether only a whole database leads on: something is missing or damaged, and no replica that answers has a way to
 * the newest transaction, also not with level 0.
 */
export function isWholeNeeded(catalogue: DatabaseCatalogue, away: Away): boolean {
  const lost = [...(catalogue.damaged?.values() ?? [])].flat();
  const newest =
    catalogue.local.at(-1) ?? [...catalogue.replicas.values()].flat().concat(lost).sort(byEnd).at(-1);
  // After a deletion the history begins anew by itself.
  if (lost.length === 0 || newest === undefined || newest.commit === 0) return false;
  const replicas = new Map([...catalogue.replicas].filter(([name]) => !away.has(name)));
  return [...historiesOf({ ...catalogue, replicas }).values()].every(
    (history) => history.endOf(newest) === undefined,
  );
}
