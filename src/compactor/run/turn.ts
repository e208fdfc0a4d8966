import { isLive } from '../../commands/decide-storage.ts';
import { isBeingPurged, unfinishedPuts } from '../../engine/writer/outbox.ts';
import type { EventBody } from '../../events/index.ts';
import { formatChecksum, formatTxid } from '../../ltx/index.ts';
import { incarnationOf } from '../../projections/databases.ts';
import { compactionOf, type RunContext, type TurnName } from './context.ts';
import { JobError } from './job-error.ts';
import { lookAgain } from './look-again.ts';
import { purgeTurn } from './purge.ts';
import type { BuildTask, BuiltFile, TurnPlan } from './tasks.ts';
import { askForWhole, awayFrom } from './whole-needed.ts';

export interface TurnOutcome {
  /** When the name has something to do next, ms of the wall clock; null: not before something happens to it. */
  readonly nextAt: number | null;
  /** Whether the replica was spoken to, and so is known to be well. */
  readonly reached: boolean;
  /** Whether expiry was looked at. */
  readonly expired: boolean;
}

export interface TurnOptions {
  /** Whether to look for what has expired. */
  readonly expire: boolean;
  /** Builds what will be due so much later, ms; nothing may expire by such a time. */
  readonly aheadMs: number;
}

/** What may not expire now is looked at again after so long, ms. */
export const HELD_EXPIRY_PAUSE_MS = 600_000;

/** A build that may not begin, as its name is still being deleted, is asked for again after so long, ms. */
export const REFUSED_BUILD_PAUSE_MS = 10_000;

/** What may have expired is looked for again after so long where something was stored meanwhile, ms. */
export const STALE_PLAN_PAUSE_MS = 1_000;

const DONE: TurnOutcome = { nextAt: null, reached: false, expired: false };

/**
 * Does what is due for one database on one replica: a deletion first, then builds in their order, then the
 * begin of deletions. The first failure ends the turn.
 * @throws JobError and what the log's writer throws; whatever was begun has its row, and is taken up again
 */
export async function runTurn(
  context: RunContext,
  name: TurnName,
  { expire, aheadMs }: TurnOptions,
): Promise<TurnOutcome> {
  const { sql, writer, clock } = context;
  const { cluster, db, replica } = name;
  const due = (counts: { builds?: number; deletes?: number }): void =>
    context.due.of(replica).planned(`${cluster}/${db}`, counts);
  const { trusted, doubtedMs } = await writer.execute({ type: 'storage.clock', clock: clock() });
  if (isBeingPurged(sql, replica, cluster, db)) {
    due({ builds: 0, deletes: 0 });
    return { ...(await purgeTurn(context, name)), expired: false };
  }
  const nextLook = await lookAgain(context, name);
  const now = clock().wall + aheadMs;
  const { replicas } = context;
  const config = compactionOf(context, replica);
  const unfinished = unfinishedPuts(sql, replica, cluster, db).map(({ key }) => key);
  const away = awayFrom(context, name);
  const task = { ...name, replicas, config, now, trusted, unfinished, away };
  const plan = await context.jobs.plan({ ...task, expire: expire && doubtedMs === 0 });
  if (plan === null) {
    due({ builds: 0, deletes: 0 });
    return DONE;
  }
  let builds = plan.buildsDue;
  due({ builds });
  if (unfinished.length > 0) {
    const { wanted } = plan;
    await writer.execute({ type: 'storage.review', replica, cluster, db, wanted, clock: clock() });
  }
  if (plan.wholeNeeded) await askForWhole(context, name);
  if (plan.gaps.length > 0) context.log.warn({ ...name, gaps: plan.gaps }, 'transactions are missing');
  for (const task of plan.builds) {
    const done = await carryOut(context, task);
    if (!done) return { nextAt: now + REFUSED_BUILD_PAUSE_MS, reached: false, expired: false };
    due({ builds: --builds });
  }
  // A promise ends when its time is proven to have passed, which it is not by a clock in doubt.
  const isLate = expire && doubtedMs > 0 && plan.builds.length === 0;
  const proven = isLate ? await context.jobs.plan({ ...task, now: now - doubtedMs, expire }) : plan;
  if (proven === null) return DONE;
  if (expire && (isLate || doubtedMs === 0)) due({ deletes: proven.deletesDue });
  const expiry = await beginExpiry(context, name, { ...proven, builds: plan.builds });
  if (expiry === 'begun') due({ deletes: proven.deletesDue - proven.expired.length });
  const reached = plan.builds.length > 0;
  if (reached || expiry === 'begun') return { nextAt: now, reached, expired: false };
  if (expiry === 'stale') return { nextAt: now + STALE_PLAN_PAUSE_MS, reached, expired: false };
  const hold = expiry === 'held' || !trusted || isLate ? now + HELD_EXPIRY_PAUSE_MS : null;
  const nextAt = earlier(earlier(plan.nextAt, hold), nextLook);
  return { nextAt, reached, expired: expire };
}

/** The earlier of two times, of which null is none. */
export const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** Row, put, event. False when the database was deleted meanwhile. */
async function carryOut(context: RunContext, task: BuildTask): Promise<boolean> {
  const { writer, clock, afterStep, log } = context;
  const { key, replica, reason } = task;
  const file = fileOnReplica(task);
  const { begun } = await writer.execute({ type: 'storage.begin', file, key, reason, clock: clock() });
  afterStep('begun');
  if (!begun) return false;
  let built: BuiltFile;
  try {
    built = await context.jobs.build(task);
  } catch (error) {
    await writer.execute({ type: 'storage.failed', replica, keys: [key], clock: clock() });
    // What it was to be made of went with the database.
    if (!isLive(task.incarnation, incarnationOf(context.sql, task.cluster, task.db))) return false;
    suspect(context, task, error);
    throw error;
  }
  afterStep('put');
  const body = storedBody(task, built);
  const { recorded } = await writer.execute({ type: 'storage.stored', key, body, clock: clock() });
  afterStep('stored');
  log.debug(
    { replica, key, size: built.sizeBytes, reason },
    recorded ? 'file stored' : 'file is of a deleted database',
  );
  return recorded;
}

function suspect({ suspects, clock }: RunContext, { cluster, db }: BuildTask, error: unknown): void {
  if (!(error instanceof JobError) || error.suspect === undefined) return;
  suspects.note({ cluster, db, ...error.suspect }, clock().wall);
}

function fileOnReplica({ cluster, db, incarnation, replica, output }: BuildTask) {
  const { level, minTxid, maxTxid } = output;
  if (level === 0) throw new Error('level 0 is on no replica');
  const txids = { minTxid: formatTxid(minTxid), maxTxid: formatTxid(maxTxid) };
  return { cluster, db, incarnation, replica, level, ...txids };
}

function storedBody(task: BuildTask, { sizeBytes, sha256 }: BuiltFile): EventBody<'file.stored'> {
  const { output, inputCount } = task;
  return {
    ...fileOnReplica(task),
    pageSize: output.pageSize,
    commit: output.commit,
    preApplyChecksum: formatChecksum(output.preApplyChecksum),
    postApplyChecksum: formatChecksum(output.postApplyChecksum),
    effectiveTime: output.effectiveTime,
    receivedAt: output.receivedAt,
    sizeBytes: String(sizeBytes),
    sha256,
    inputs: inputCount,
  };
}

/** `held`: something could go, and may not now; `stale`: by the plan, which is not the newest any more. */
async function beginExpiry(
  context: RunContext,
  name: TurnName,
  plan: TurnPlan,
): Promise<'begun' | 'held' | 'stale' | 'nothing'> {
  const { writer, clock, pins } = context;
  const { cluster, db, replica } = name;
  const { expired: files, incarnation, storedVersion } = plan;
  // Level 0 is kept as the first configuration says, whatever that of a replica is.
  const payloadsThrough = compactionOf(context, replica) === context.config ? plan.payloadsThrough : null;
  // Builds come first: a plan that is older than they are names what may be needed by now.
  if (plan.builds.length > 0) return 'nothing';
  if (files.length === 0 && payloadsThrough === null) return 'nothing';
  if (pins.has(cluster, db)) return 'held';
  const of = { cluster, db, incarnation, storedVersion, files, payloadsThrough };
  const { outcome } = await writer.execute({ type: 'storage.expire', ...of, clock: clock() });
  context.afterStep('expiry begun');
  if (outcome === 'begun' && payloadsThrough !== null) context.onDead();
  return outcome;
}
