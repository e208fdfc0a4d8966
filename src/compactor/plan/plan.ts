import type { Action, BuildAction, Gap } from './actions.ts';
import { level0Cutoff } from './level0.ts';
import { planDatabase } from './plan-database.ts';
import { RULES, type Rules } from './rules.ts';
import type { CompactionConfig, DatabaseCatalogue, ReplicaState } from './types.ts';

/** A database to plan for. */
export interface DatabaseToPlan {
  readonly catalogue: DatabaseCatalogue;
  /** Replicas where an earlier incarnation of the name is still being deleted: nothing is stored there till then. */
  readonly held?: ReadonlySet<string>;
}

export interface PlanInput {
  readonly databases: readonly DatabaseToPlan[];
  readonly config: CompactionConfig;
  /** All replicas, the first of which is required where none says that it is. */
  readonly replicas: readonly ReplicaState[];
  /** Wall clock, ms. */
  readonly now: number;
  /** False after an unexplained jump of the wall clock: then nothing expires. */
  readonly clockTrusted: boolean;
  /** Files in use or kept by hand, by `pinKey`. */
  readonly pins: ReadonlySet<string>;
}

export interface Plan {
  /** Builds, the longest waiting first; then what is left undone, and why; then deletes. */
  readonly actions: readonly Action[];
  readonly gaps: readonly Gap[];
}

/**
 * What to build, what to delete, and why, for all databases on all replicas. Total: whatever is stored, there
 * is a plan. Pure: the same input gives the same plan.
 *
 * A plan is good until the next: deletes of an older one are not to be begun, since what they name may be
 * needed by then. Files whose deletion has begun are not in the catalogue any more.
 */
export function plan(input: PlanInput, rules: Rules = RULES): Plan {
  const { config, now, clockTrusted, databases, replicas, pins } = input;
  const context = { config, now, clockTrusted, rules };
  const cutoff = level0Cutoff(
    databases.map(({ catalogue }) => catalogue),
    config.level0BytesMax,
  );
  const parts = databases.map(({ catalogue, held }) =>
    planDatabase({ catalogue, held: held ?? new Set(), replicas, pins, level0Cutoff: cutoff }, context),
  );
  return {
    actions: [
      ...inFairOrder(parts.flatMap(({ builds }) => builds)),
      ...parts.flatMap(({ nothing }) => nothing),
      ...parts.flatMap(({ deletes }) => deletes),
    ],
    gaps: parts.flatMap(({ gaps }) => gaps),
  };
}

/**
 * The longest waiting first, whatever database or replica it is of. What belongs together stays in its order: a
 * build never goes before an earlier one of the same database on the same replica.
 */
function inFairOrder(builds: readonly BuildAction[]): BuildAction[] {
  const floor = new Map<string, number>();
  const keyed = builds.map((build) => {
    const queue = `${build.replica}:${build.cluster}/${build.db}/${build.incarnation}`;
    const key = Math.max(build.waitingSince, floor.get(queue) ?? Number.NEGATIVE_INFINITY);
    floor.set(queue, key);
    return { build, key };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ build }) => build);
}
