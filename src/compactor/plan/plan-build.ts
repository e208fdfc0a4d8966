import { formatTxid } from '../../ltx/index.ts';
import type { BuildAction } from './actions.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { formatDuration } from './durations.ts';
import type { SourcedFile } from './files.ts';
import type { Group } from './groups.ts';
import { History, wayTo } from './history.ts';
import type { LevelWork } from './level-work.ts';
import { type LevelConfig, SNAPSHOT_LEVEL } from './types.ts';

/**
 * What to build of one database on one replica. They are in the order of where they end and are to be carried
 * out in it, the first that fails ending them all: a level goes on from the last file it has, and where it has
 * passed over a window, from what a level above builds of that.
 */
export function planBuilds(
  view: ReplicaView,
  works: readonly LevelWork[],
  context: PlanContext,
): BuildAction[] {
  const builds = works.flatMap(({ config, due }) =>
    config.level === SNAPSHOT_LEVEL
      ? planSnapshots(view, config, due, context)
      : due.map((group) => levelBuild(view, config, group)),
  );
  return builds.sort(byOutput);
}

function byOutput({ output: a }: BuildAction, { output: b }: BuildAction): number {
  if (a.maxTxid !== b.maxTxid) return a.maxTxid < b.maxTxid ? -1 : 1;
  return a.level - b.level;
}

function levelBuild(view: ReplicaView, config: LevelConfig, group: Group): BuildAction {
  const first = group.files[0]!.file;
  return buildOf(view, config, group, group.files, {
    minTxid: first.minTxid,
    preApplyChecksum: first.preApplyChecksum,
    asSnapshot: false,
  });
}

/** Snapshots are built as a restore of their last point would be: from the newest base and the longest files. */
function planSnapshots(
  view: ReplicaView,
  config: LevelConfig,
  due: readonly Group[],
  { rules }: PlanContext,
): BuildAction[] {
  if (due.length === 0) return [];
  const history = new History([...view.own, ...view.local], rules);
  return due.flatMap((group) => {
    const point = history.endOf(group.end);
    if (point === undefined) return [];
    const whole = { minTxid: 1n, preApplyChecksum: 0n, asSnapshot: true };
    return [buildOf(view, config, group, wayTo(point), whole)];
  });
}

interface Beginning {
  readonly minTxid: bigint;
  readonly preApplyChecksum: bigint;
  readonly asSnapshot: boolean;
}

function buildOf(
  view: ReplicaView,
  config: LevelConfig,
  group: Group,
  inputs: readonly SourcedFile[],
  { asSnapshot, ...beginning }: Beginning,
): BuildAction {
  const { sizeBytes: _, ...end } = group.end;
  const { cluster, db, incarnation } = view.catalogue;
  return {
    kind: 'build',
    cluster,
    db,
    incarnation,
    replica: view.replica,
    output: { ...end, ...beginning, level: config.level },
    inputs,
    asSnapshot,
    waitingSince: group.files[0]!.file.receivedAt,
    reason: buildReason(config, group, inputs),
  };
}

function buildReason(config: LevelConfig, group: Group, inputs: readonly SourcedFile[]): string {
  const levels = [...new Set(inputs.map(({ file }) => file.level))].sort().join(', ');
  const what = `${inputs.length} ${inputs.length === 1 ? 'file' : 'files'} of level ${levels}`;
  const window = `the ${formatDuration(config.intervalMs)} window that ends at ${formatTxid(group.end.maxTxid)} is closed`;
  return group.late ? `${what} came after their window was built` : `${window}: ${what}`;
}
