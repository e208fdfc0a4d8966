import type { BuildAction } from './actions.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { History } from './history.ts';
import type { LevelWork } from './level-work.ts';
import { copiesFor, planBackfill } from './plan-backfill.ts';
import { planBuilds } from './plan-build.ts';

/**
 * What to store of one database on one replica: what it can build, or else what it copies. Nothing is stored
 * that the replica could not restore by itself: beyond a hole there is nothing to build on.
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
  const sound = soundPart(builds, alone, context);
  if (sound.length > 0) return sound;
  return copiesFor(view, alone.tip?.last.file ?? null, context) ?? [];
}

/** The builds up to the first that begins where neither the replica nor a build before it ends. */
function soundPart(builds: readonly BuildAction[], alone: History, { rules }: PlanContext): BuildAction[] {
  const ends = new Map<bigint, bigint>();
  const isSound = ({ output }: BuildAction): boolean => {
    if (output.minTxid === 1n || rules.isBase({ ...output, sizeBytes: 0 })) return true;
    const before = output.minTxid - 1n;
    return (
      ends.get(before) === output.preApplyChecksum || alone.at(before, output.preApplyChecksum) !== undefined
    );
  };
  const sound: BuildAction[] = [];
  for (const build of builds) {
    if (!isSound(build)) break;
    ends.set(build.output.maxTxid, build.output.postApplyChecksum);
    sound.push(build);
  }
  return sound;
}
