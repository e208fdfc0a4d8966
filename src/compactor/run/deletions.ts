import { settledAt } from '../../commands/decide-storage.ts';
import { isBeingPurged, type OutboxRow, rowsOfKind } from '../../engine/writer/outbox.ts';
import type { RunContext } from './context.ts';
import { JobError } from './job-error.ts';

/** Deletions wait so long for others to go with, ms: one request takes a thousand. */
export const DELETIONS_WAIT_MS = 300_000;

/** As many go at once, waiting or not. */
export const DELETIONS_BATCH = 1_000;

/**
 * Deletes from a replica what was found to be needed no more, in one batch, when it is due. A key is free to be
 * stored again when no try to delete it is under way any more: one without a known outcome is given its time and
 * then followed by another, whose success is the end of it. Returns whether the replica was spoken to.
 * @throws JobError when the replica fails, or could not delete a key; the others are on record then
 */
export async function runDeletions(context: RunContext, replica: string): Promise<boolean> {
  const { writer, clock } = context;
  const rows = rowsToDelete(context, replica);
  await settleAnew(context, replica, rows);
  const free = freeRows(context, replica, rows);
  if (free.length === 0) return false;
  if (free.length < DELETIONS_BATCH && isWaiting(free, clock().wall)) return false;
  const keys = free.map(({ key }) => key);
  try {
    const outcomes = await context.jobs.remove(replica, keys);
    context.afterStep('removed');
    const gone = outcomes.filter(({ isUnsettled }) => !isUnsettled).map(({ key }) => key);
    await writer.execute({ type: 'storage.deleted', replica, keys: gone, clock: clock() });
    context.afterStep('expired');
    const unsettled = outcomes.filter(({ isUnsettled }) => isUnsettled);
    if (unsettled.length === 0) return true;
    await failedKeys(
      context,
      replica,
      unsettled.map(({ key }) => key),
    );
    const error = unsettled.find((each) => each.error !== null)?.error;
    if (error == null) return true;
    throw new JobError({ ...error, replica, stack: undefined });
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    await failedKeys(context, replica, keys);
    throw error;
  }
}

/** A row that was begun under a clock years ahead holds up nothing. */
function isWaiting(rows: readonly OutboxRow[], now: number): boolean {
  const oldest = rows.reduce((time, row) => Math.min(time, row.begunAt), Number.POSITIVE_INFINITY);
  return oldest <= now && now - oldest < DELETIONS_WAIT_MS;
}

const rowsToDelete = ({ sql }: RunContext, replica: string): OutboxRow[] => [
  ...rowsOfKind(sql, replica, 'undo'),
  ...rowsOfKind(sql, replica, 'expire'),
];

/** What failed under a clock years ahead counts as failed now, or it would be waited for till then. */
export async function settleAnew(
  context: RunContext,
  replica: string,
  rows: readonly OutboxRow[],
): Promise<void> {
  const { wall } = context.clock();
  const ahead = rows.filter(({ failedAt }) => failedAt !== null && failedAt > wall);
  if (ahead.length === 0) return;
  const keys = ahead.map(({ key }) => key);
  await failedKeys(context, replica, keys);
}

/** What may be deleted now. The files of a name that is being purged are the purge's to delete. */
function freeRows(
  { sql, clock, pins }: RunContext,
  replica: string,
  rows: readonly OutboxRow[],
): OutboxRow[] {
  const held = new Map<string, boolean>();
  const isHeld = ({ cluster, db }: OutboxRow): boolean => {
    const name = `${cluster}/${db}`;
    const known = held.get(name) ?? (pins.has(cluster, db) || isBeingPurged(sql, replica, cluster, db));
    held.set(name, known);
    return known;
  };
  const { wall } = clock();
  return rows.filter((row) => settledAt(row.failedAt) <= wall && !isHeld(row)).slice(0, DELETIONS_BATCH);
}

/** Their deletion may still take effect: a name that is deleted and comes back waits for that. */
async function failedKeys(
  { writer, clock }: RunContext,
  replica: string,
  keys: readonly string[],
): Promise<void> {
  await writer.execute({ type: 'storage.failed', replica, keys, clock: clock() });
}
