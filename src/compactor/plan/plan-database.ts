import { formatTxid } from '../../ltx/index.ts';
import type { BuildAction, DatabaseName, DeleteAction, Gap, NothingAction, PlannedFile } from './actions.ts';
import { type PlanContext, type ReplicaView, viewOf } from './context.ts';
import {
  type Away,
  expiredDamage,
  isWholeNeeded,
  keptIfRight,
  planRepairs,
  reachableView,
} from './damage.ts';
import { gapsOf } from './gaps.ts';
import { requiredReplicas } from './high-water-mark.ts';
import { type LevelWork, workOf } from './level-work.ts';
import type { OmittedLevel0 } from './level0-part.ts';
import { pinKey } from './pins.ts';
import { expiredLocally, expiredOn, type Kept, keptFor } from './plan-expiry.ts';
import { planReplica } from './plan-replica.ts';
import { localPromise } from './promise.ts';
import type { DatabaseCatalogue, ReplicaState, StoredFile } from './types.ts';

export interface DatabaseInput {
  readonly catalogue: DatabaseCatalogue;
  readonly held: ReadonlySet<string>;
  readonly replicas: readonly ReplicaState[];
  readonly pins: ReadonlySet<string>;
  /** `level0Cutoff` of all databases, ms; null: what has expired is not looked for. */
  readonly level0Cutoff: number | null;
  /** What the catalogue leaves out of level 0; null or left out: nothing. */
  readonly omitted?: OmittedLevel0 | null;
  /** Replicas that have not answered for long; left out: none. */
  readonly away?: Away;
}

export interface DatabasePlan {
  readonly builds: readonly BuildAction[];
  readonly nothing: readonly NothingAction[];
  readonly deletes: readonly DeleteAction[];
  readonly gaps: readonly Gap[];
  /** Nothing that is stored leads to the newest transaction: the whole database has to be sent. */
  readonly wholeNeeded: boolean;
}

/** One replica's part: what it has to do, and why it does not where it may not. */
interface ReplicaPart {
  readonly state: ReplicaState;
  /** All that it has, and what of that builds are planned from. */
  readonly view: ReplicaView;
  readonly reachable: ReplicaView;
  readonly keptIfRight: Kept | null;
  /** What is missing or damaged and needed. */
  readonly needed: readonly StoredFile[];
  readonly works: readonly LevelWork[];
  readonly builds: readonly BuildAction[];
  /** Why nothing is done there now; null when something may be. */
  readonly idleReason: string | null;
}

/** The plan of one database; see `plan`. */
export function planDatabase(input: DatabaseInput, context: PlanContext): DatabasePlan {
  const parts = input.replicas.map((state) => replicaPart(state, input, context));
  const builds = parts.flatMap((part) => part.builds);
  return {
    builds,
    nothing: nothingOf(parts, input, context),
    deletes: deletesOf(parts, builds, input, context),
    gaps: parts.flatMap(({ reachable, works }) => gapsOf(reachable, works, context)),
    wholeNeeded: builds.length === 0 && isWholeNeeded(input.catalogue, awayOf(input)),
  };
}

const awayOf = ({ away = new Set() }: DatabaseInput): Away => away;

function replicaPart(state: ReplicaState, input: DatabaseInput, context: PlanContext): ReplicaPart {
  const view = viewOf(input.catalogue, state.name);
  const reachable = reachableView(view, awayOf(input), context);
  const works = workOf(reachable, context);
  const idleReason = idleReasonOf(state, input.held, context.now);
  const builds = idleReason === null ? planReplica(reachable, works, context) : [];
  const ifRight = keptIfRight(view, context);
  const needed = view.damaged.filter((file) => ifRight?.has(file));
  const repairs = idleReason === null ? planRepairs(view, needed, awayOf(input), context) : [];
  const all = withRepairs(view, builds, repairs);
  return { state, view, reachable, keptIfRight: ifRight, needed, works, builds: all, idleReason };
}

/**
 * What can be built now does not wait for a repair, which may wait for another replica. What the replica has already, and
 * nothing leads to, is not copied once more: it is of use again when it is led to.
 */
function withRepairs(
  view: ReplicaView,
  builds: readonly BuildAction[],
  repairs: readonly BuildAction[],
): BuildAction[] {
  if (view.damaged.length === 0) return [...builds];
  const name = ({ level, minTxid, maxTxid }: PlannedFile) => `${level}/${minTxid}-${maxTxid}`;
  const there = new Set(view.own.map(({ file }) => name(file)));
  const all = [...builds.filter(({ output }) => !there.has(name(output))), ...repairs];
  return [...new Map(all.map((build) => [name(build.output), build])).values()];
}

function idleReasonOf(state: ReplicaState, held: ReadonlySet<string>, now: number): string | null {
  if (held.has(state.name)) return `${state.name} still has files of a deleted database of this name`;
  if (state.backoffUntil !== null && state.backoffUntil > now) {
    return `${state.name} failed and is tried again at ${new Date(state.backoffUntil).toISOString()}`;
  }
  return null;
}

function deletesOf(
  parts: readonly ReplicaPart[],
  builds: readonly BuildAction[],
  { catalogue, replicas, pins, level0Cutoff, omitted = null }: DatabaseInput,
  context: PlanContext,
): DeleteAction[] {
  if (level0Cutoff === null || !context.rules.mayExpire(context.clockTrusted)) return [];
  const isPromised = localPromise(catalogue.local, omitted, level0Cutoff, context);
  const keeping = parts.map((part) => ({
    ...part,
    kept: keptFor(part.view, part, { isPromised, omitted }, context),
  }));
  const inputs = new Set(builds.flatMap((build) => build.inputs.map(({ file }) => file)));
  const free = (replica: string | null, file: StoredFile) =>
    !(context.rules.keepsOwed() && inputs.has(file)) && !pins.has(pinKey(catalogue, replica, file));
  const deletes = keeping
    .filter(({ idleReason }) => idleReason === null)
    .flatMap(({ view, needed, kept, keptIfRight: ifRight, state: { name } }) => [
      ...expiredOn(view, kept)
        // What leads to a lost file is of use again when that is found, or made anew.
        .filter((file) => free(name, file) && ifRight?.has(file) !== true)
        .map((file) => deleteOf(catalogue, name, file)),
      ...expiredDamage(view, needed, context),
    ]);
  const required = new Set(requiredReplicas(replicas));
  const holding = keeping.filter(({ state }) => required.has(state));
  const local = expiredLocally(
    holding.map(({ view }) => view),
    holding.map(({ kept }) => kept),
    context,
  );
  return [
    ...deletes,
    ...local.filter((file) => free(null, file)).map((file) => deleteOf(catalogue, null, file)),
  ];
}

function deleteOf(catalogue: DatabaseName, replica: string | null, file: StoredFile): DeleteAction {
  const { cluster, db, incarnation } = catalogue;
  const end = formatTxid(file.maxTxid);
  const reason =
    replica === null
      ? `transaction ${end} is stored on every required replica and past its promise`
      : `the point ${end} of level ${file.level} is past its promise, and no other point needs the file`;
  return { kind: 'delete', cluster, db, incarnation, replica, file, reason };
}

function nothingOf(
  parts: readonly ReplicaPart[],
  { catalogue: { cluster, db, incarnation } }: DatabaseInput,
  { clockTrusted }: PlanContext,
): NothingAction[] {
  const nothing = (replica: string | null, reason: string): NothingAction => ({
    kind: 'nothing',
    cluster,
    db,
    incarnation,
    replica,
    reason,
  });
  const waiting = parts.flatMap(({ state, idleReason, works }) =>
    idleReason !== null && works.some(({ due }) => due.length > 0) ? [nothing(state.name, idleReason)] : [],
  );
  const clock = 'nothing expires: the wall clock moved against the monotonic one, and is not believed';
  return clockTrusted ? waiting : [...waiting, nothing(null, clock)];
}
