import type { BuildAction } from './actions.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { History } from './history.ts';
import type { LevelWork } from './level-work.ts';
import { copiesFor, planBackfill } from './plan-backfill.ts';
import { planBuilds } from './plan-build.ts';

/**
 * What to store of one database on one replica: what it can build, or else what it copies. Nothing is stored
 * that the replica could not restore by itself: beyond a hole that no other replica fills there is nothing to build
 * on before the next base.
 */
export function planReplica(
  view: ReplicaView,
  works: readonly LevelWork[],
  context: PlanContext,
): BuildAction[] {
  const backfill = planBackfill(view, context);
  if (backfill !== null) return backfill;
  const builds = planBuilds(view, works, context);
  if (builds.length === 0) return [];
  const alone = new History(view.own, context.rules);
  const isSound = soundness(builds, alone, context);
  const hole = isSound.indexOf(false);
  if (hole !== 0) return builds.slice(0, hole === -1 ? builds.length : hole);
  const copies = copiesFor(view, alone.tip?.last.file ?? null, context) ?? [];
  return copies.length > 0 ? copies : builds.filter((_, i) => isSound[i]);
}

/** Of each build, whether it is of a whole database, or begins where the replica or a sound one before it ends. */
function soundness(builds: readonly BuildAction[], alone: History, { rules }: PlanContext): boolean[] {
  const ends = new Map<bigint, bigint>();
  const isSound = ({ output }: BuildAction): boolean => {
    if (output.minTxid === 1n || rules.isBase({ ...output, sizeBytes: 0 })) return true;
    const before = output.minTxid - 1n;
    return (
      ends.get(before) === output.preApplyChecksum || alone.at(before, output.preApplyChecksum) !== undefined
    );
  };
  return builds.map((build) => {
    const sound = isSound(build);
    if (sound) ends.set(build.output.maxTxid, build.output.postApplyChecksum);
    return sound;
  });
}
