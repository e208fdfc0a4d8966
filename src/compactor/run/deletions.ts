import { rowsOfKind } from '../../engine/writer/outbox.ts';
import type { RunContext } from './context.ts';
import { JobError } from './job-error.ts';

/** Deletions wait so long for others to go with, ms: one request takes a thousand. */
export const DELETIONS_WAIT_MS = 300_000;

/** As many go at once, waiting or not. */
export const DELETIONS_BATCH = 1_000;

/**
 * Deletes from a replica what was found to be needed no more, in one batch, when it is due. Returns whether
 * the replica was spoken to.
 * @throws JobError when the replica fails, or could not delete a key; the others are on record then
 */
export async function runDeletions(context: RunContext, replica: string): Promise<boolean> {
  const { sql, writer, clock, pins } = context;
  const rows = [...rowsOfKind(sql, replica, 'undo'), ...rowsOfKind(sql, replica, 'expire')];
  const free = rows.filter(({ cluster, db }) => !pins.has(cluster, db)).slice(0, DELETIONS_BATCH);
  const oldest = free.reduce((time, row) => Math.min(time, row.begunAt), Number.POSITIVE_INFINITY);
  if (free.length === 0) return false;
  if (free.length < DELETIONS_BATCH && clock().wall - oldest < DELETIONS_WAIT_MS) return false;
  const keys = free.map(({ key }) => key);
  try {
    const outcomes = await context.jobs.remove(replica, keys);
    context.afterStep('removed');
    const gone = outcomes.filter(({ error }) => error === null).map(({ key }) => key);
    await writer.execute({ type: 'storage.deleted', replica, keys: gone, clock: clock() });
    context.afterStep('expired');
    const failed = outcomes.filter(({ error }) => error !== null);
    const error = failed[0]?.error;
    if (error == null) return true;
    await failedKeys(
      context,
      replica,
      failed.map(({ key }) => key),
    );
    throw new JobError({ ...error, replica, stack: undefined });
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    await failedKeys(context, replica, keys);
    throw error;
  }
}

/** Their deletion may still take effect: a name that is deleted and comes back waits for that. */
async function failedKeys(
  { writer, clock }: RunContext,
  replica: string,
  keys: readonly string[],
): Promise<void> {
  await writer.execute({ type: 'storage.failed', replica, keys, clock: clock() });
}
