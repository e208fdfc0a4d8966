import type { Batch } from './batch.ts';
import type { Follower } from './follower.ts';
import { handOver } from './hand-over.ts';
import { inMemory } from './reading.ts';
import type { SyncReport } from './report.ts';
import type { Session } from './session.ts';
import type { SourceTransaction } from './transaction.ts';
import { frameBytes } from './wal/index.ts';

/** What may have been written between the last sync and the barrier, bytes: it is read while writers wait. */
export const LATE_BYTES_MAX = 4 * 1024 * 1024;

/** What is copied while writers wait, bytes: where there is more, most of it is copied before. */
export const BARRED_BYTES_MAX = 256 * 1024;

/**
 * Copies most of a WAL while the application writes on, up to the reader: where that is far behind, one of the newest
 * state takes over.
 */
export async function backfill(session: Session, follower: Follower, report: SyncReport): Promise<void> {
  const look = session.look();
  const isLittle = (frames: number): boolean => frames * frameBytes(session.pageSize) <= BARRED_BYTES_MAX;
  if (isLittle(look.frames - look.backfilled)) return;
  if (!isLittle(session.framesBehindReader(look))) await handOver(session, follower, report);
  session.connections.backfill();
}

/**
 * Copies the WAL into the main file, so that its next writer begins it anew. Nobody writes from the barrier on until
 * it is lowered, and all of the WAL is read by then, so the reader can be let go of for that time. Never more than
 * PASSIVE: RESTART would hold the application up. `litestream.md` has the steps.
 */
export async function checkpoint(
  session: Session,
  follower: Follower,
  report: SyncReport,
): Promise<'done' | 'unfinished' | 'busy'> {
  const { connections } = session;
  if (!connections.raiseBarrier()) return 'busy';
  let late: { readonly batch: Batch; readonly transaction: SourceTransaction } | null = null;
  let outcome: 'done' | 'unfinished' | 'busy' = 'busy';
  try {
    const batch = session.nextBatch();
    if (batch === null || isShort(batch)) {
      late = batch === null ? null : { batch, transaction: inMemory(follower.changes(batch)) };
      const { frames, backfilled } = session.checkpoint();
      outcome = frames === backfilled ? 'done' : 'unfinished';
    }
  } finally {
    connections.lowerBarrier();
  }
  if (late !== null) await follower.publishRead(late.batch, late.transaction, report);
  else if (outcome !== 'busy') follower.keepRecord();
  return outcome;
}

const isShort = ({ header, from, to }: Batch): boolean =>
  (to.frames - from.frames) * frameBytes(header.pageSize) <= LATE_BYTES_MAX;
