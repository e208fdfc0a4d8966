import { settledAt } from '../../commands/decide-storage.ts';
import { lastFailureOf, type OutboxRow, oldestPurge, rowsOfName } from '../../engine/writer/outbox.ts';
import { canonicalize } from '../../events/index.ts';
import { storedFilesOf } from '../../projections/stored-files.ts';
import type { RunContext, TurnName } from './context.ts';
import { settleAnew } from './deletions.ts';
import { JobError } from './job-error.ts';
import { databasePrefix, objectKey } from './object-key.ts';

/** Objects of a deleted database that are listed and deleted at a time. */
export const PURGE_KEYS = 1_000;

/** Listings of one attempt: what is still there then is left to the next. */
export const PURGE_LISTINGS_MAX = 10_000;

interface PurgeOutcome {
  readonly nextAt: number | null;
  readonly reached: boolean;
}

/**
 * Takes the oldest deletion of a name on a replica as far as it goes: the tombstone, then every object under the
 * name, then, where an attempt ended without a known outcome, a while for it to take effect and a second look.
 * Nothing else is stored under the name till then, so all that is there is of the deleted database.
 */
export async function purgeTurn(context: RunContext, name: TurnName): Promise<PurgeOutcome> {
  const of = [context.sql, name.replica, name.cluster, name.db] as const;
  const purge = oldestPurge(...of);
  if (purge === null) return { nextAt: context.clock().wall, reached: false };
  if (purge.step === 'tombstone') await putTombstone(context, purge);
  const deleted = purge.step === 'settle' ? 0 : await deleteObjects(context, name, purge);
  if (purge.step !== 'settle') await advance(context, purge, 'settle', 0);
  await settleAnew(context, name.replica, rowsOfName(...of));
  const failedAt = lastFailureOf(...of);
  const settled = settledAt(failedAt);
  if (settled > context.clock().wall) return { nextAt: settled, reached: true };
  const late = failedAt === null ? 0 : await deleteObjects(context, name, purge);
  await advance(context, purge, 'done', deleted + late);
  const { cluster, db, replica } = name;
  context.log.info({ cluster, db, replica, objects: deleted + late }, 'deleted database purged');
  return { nextAt: context.clock().wall, reached: true };
}

/** What a rebuild from the replica alone has to know. */
async function putTombstone(context: RunContext, purge: OutboxRow): Promise<void> {
  const { cluster, db, incarnation, replica, key, begunAt } = purge;
  const text = canonicalize({ cluster, db, incarnation, deletedAt: begunAt });
  await failing(context, replica, [key], () => context.jobs.putSmall(replica, key, text));
  context.afterStep('tombstone put');
  await advance(context, purge, 'objects', 0);
}

/** By the catalogue and by listing: the one knows what a listing may not show yet, the other what nobody recorded. */
async function deleteObjects(context: RunContext, name: TurnName, purge: OutboxRow): Promise<number> {
  const { cluster, db, replica } = name;
  const known = new Set(
    storedFilesOf(context.sql, cluster, db, purge.incarnation)
      .filter((row) => row.replica === replica)
      .map((row) =>
        objectKey(row, {
          level: row.level,
          minTxid: BigInt(`0x${row.minTxid}`),
          maxTxid: BigInt(`0x${row.maxTxid}`),
        }),
      ),
  );
  for (const row of rowsOfName(context.sql, replica, cluster, db))
    if (row.kind !== 'purge') known.add(row.key);
  let deleted = await remove(context, purge, [...known]);
  for (let listing = 0; listing < PURGE_LISTINGS_MAX; listing++) {
    const prefix = databasePrefix(cluster, db);
    const keys = await failing(context, replica, [purge.key], () =>
      context.jobs.list(replica, prefix, PURGE_KEYS),
    );
    if (keys.length === 0) return deleted;
    deleted += await remove(context, purge, keys);
  }
  throw new Error(`${name.cluster}/${name.db}: objects come back as fast as they are deleted`);
}

async function remove(context: RunContext, purge: OutboxRow, keys: readonly string[]): Promise<number> {
  const { replica } = purge;
  for (let at = 0; at < keys.length; at += PURGE_KEYS) {
    const some = keys.slice(at, at + PURGE_KEYS);
    const outcomes = await failing(context, replica, [purge.key], () => context.jobs.remove(replica, some));
    context.afterStep('objects removed');
    if (!outcomes.some(({ isUnsettled }) => isUnsettled)) continue;
    await context.writer.execute({
      type: 'storage.failed',
      replica,
      keys: [purge.key],
      clock: context.clock(),
    });
    const failed = outcomes.find(({ error }) => error !== null)?.error;
    if (failed != null) throw new JobError({ ...failed, replica, stack: undefined });
  }
  return keys.length;
}

/** Notes a failure before it is passed on: what was tried may still take effect. */
async function failing<T>(
  { writer, clock }: RunContext,
  replica: string,
  keys: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await writer.execute({ type: 'storage.failed', replica, keys, clock: clock() });
    throw error;
  }
}

async function advance(
  { writer, clock, afterStep }: RunContext,
  { replica, key }: OutboxRow,
  step: 'objects' | 'settle' | 'done',
  objects: number,
): Promise<void> {
  await writer.execute({ type: 'storage.purge', replica, key, step, objects, clock: clock() });
  afterStep(`purge ${step}`);
}
