import { formatTxid } from '../../ltx/index.ts';
import type { Sql } from '../../projections/index.ts';
import type { BuildAction, DeleteAction } from '../plan/actions.ts';
import { requiredReplicas } from '../plan/high-water-mark.ts';
import { type DatabasePlan, planDatabase } from '../plan/plan-database.ts';
import { RULES } from '../plan/rules.ts';
import type { DatabaseCatalogue, ReplicaState, StoredFile } from '../plan/types.ts';
import { buildSources } from './build-inputs.ts';
import { type LocatedCatalogue, loadCatalogue } from './catalogue.ts';
import { level0CutoffOf } from './level0-cutoff.ts';
import { nextTime } from './next-time.ts';
import { objectKey } from './object-key.ts';
import type { BuildTask, ExpiredFile, PlanTask, TurnPlan } from './tasks.ts';

/** Files that one turn builds: a backlog goes in portions, so that the next plan sees what came meanwhile. */
export const BUILDS_PER_TURN_MAX = 64;

/** Files whose deletion one turn begins, so that the log's writer is never held up. */
export const EXPIRED_PER_TURN_MAX = 500;

/** The last time that a date can be, ms. */
const END_OF_TIME = 8.64e15;

/** Transactions that leave level 0 in one turn. */
export const PAYLOADS_PER_TURN_MAX = 2_000;

/** Plans one database on one replica; the other replicas only count for what level 0 has to keep. */
export function planTurn(sql: Sql, task: PlanTask): TurnPlan | null {
  const replicas = replicasOf(task);
  const part = {
    first: task.expire ? PAYLOADS_PER_TURN_MAX + 1 : 0,
    replicas: [task.replica, ...requiredReplicas(replicas).map(({ name }) => name)],
  };
  const located = loadCatalogue(sql, task.cluster, task.db, part);
  if (located === null) return null;
  const { config, now } = task;
  const catalogue = withinReach(located.catalogue, task);
  const plan = planDatabase(
    {
      catalogue,
      held: new Set(),
      replicas,
      pins: new Set(),
      level0Cutoff: task.expire ? level0CutoffOf(sql, config.level0BytesMax, now) : null,
      omitted: located.omitted,
      away: new Set(task.away),
    },
    { config, now, clockTrusted: task.trusted, rules: RULES },
  );
  const unfinished = new Set(task.unfinished);
  const deletes = plan.deletes.filter((action) => action.replica === task.replica);
  return {
    incarnation: catalogue.incarnation,
    storedVersion: located.storedVersion,
    builds: plan.builds.slice(0, BUILDS_PER_TURN_MAX).map((action) => buildTask(action, located)),
    buildsDue: plan.builds.length,
    wanted: unfinished.size === 0 ? [] : plan.builds.map(keyOf).filter((key) => unfinished.has(key)),
    expired: deletes.slice(0, EXPIRED_PER_TURN_MAX).map((action) => expiredFile(action, task.replica)),
    deletesDue: deletes.length,
    payloadsThrough: task.expire ? payloadsThrough(catalogue.local, plan) : null,
    nextAt: nextTime(catalogue, task),
    gaps: plan.gaps
      .filter(({ replica }) => replica === task.replica)
      .map(({ after, before }) => `${formatTxid(after)}-${formatTxid(before)}`),
    wholeNeeded: plan.wholeNeeded,
  };
}

/** A replica that is not configured any more gives nothing, however much it holds. */
function withinReach(catalogue: DatabaseCatalogue, { replicas }: PlanTask): DatabaseCatalogue {
  const configured = new Set(replicas.map(({ name }) => name));
  const known = [...catalogue.replicas].filter(([name]) => configured.has(name));
  return { ...catalogue, replicas: new Map(known) };
}

/** The others have turns of their own, and are idle here; where nothing expires they are not looked at. */
const replicasOf = ({ replicas, replica, expire }: PlanTask): ReplicaState[] =>
  replicas
    .filter(({ name }) => expire || name === replica)
    .map(({ name, required }) => ({
      name,
      required,
      backoffUntil: name === replica ? null : END_OF_TIME,
    }));

const keyOf = (action: BuildAction): string => objectKey(action, action.output);

function buildTask(action: BuildAction, located: LocatedCatalogue): BuildTask {
  const { cluster, db, incarnation, replica, output, inputs, asSnapshot, reason } = action;
  const [first, ...others] = inputs;
  const isCopy =
    first !== undefined &&
    others.length === 0 &&
    first.replica !== null &&
    first.file.minTxid === output.minTxid &&
    first.file.preApplyChecksum === output.preApplyChecksum;
  return {
    cluster,
    db,
    incarnation,
    replica,
    key: keyOf(action),
    output,
    inputs: buildSources(inputs, located),
    inputCount: inputs.length,
    asSnapshot,
    isCopy,
    reason,
  };
}

function expiredFile(action: DeleteAction, replica: string): ExpiredFile {
  const { cluster, db, incarnation, file, reason } = action;
  const { level, minTxid, maxTxid } = file;
  if (level === 0) throw new Error('level 0 is on no replica');
  return {
    file: {
      cluster,
      db,
      incarnation,
      replica,
      level,
      minTxid: formatTxid(minTxid),
      maxTxid: formatTxid(maxTxid),
    },
    key: objectKey(action, file),
    reason,
  };
}

/**
 * Level 0 goes from its beginning only, so that one TXID says what went: of transactions that end at one TXID, as
 * a re-base may, all go or none.
 */
export function payloadsThrough(local: readonly StoredFile[], { deletes }: DatabasePlan): string | null {
  const free = new Set(deletes.filter(({ replica }) => replica === null).map(({ file }) => file));
  let through: string | null = null;
  for (const [i, file] of local.slice(0, PAYLOADS_PER_TURN_MAX).entries()) {
    if (!free.has(file)) break;
    if (local[i + 1]?.maxTxid !== file.maxTxid) through = formatTxid(file.maxTxid);
  }
  return through;
}
