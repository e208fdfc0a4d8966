import type { WalState } from './connections.ts';
import type { Follower } from './follower.ts';
import type { SyncReport } from './report.ts';
import type { Session } from './session.ts';

/**
 * Whether a checkpoint of the application, which waits for readers of what is old, may wait for ours, taken when the
 * WAL was at `taken`.
 */
export function isInTheWay(taken: WalState, before: WalState, now: WalState): boolean {
  if (now.frames === 0 || now.frames !== before.frames) return false;
  const isOld = taken.frames !== now.frames;
  const isComplete = now.backfilled === now.frames && taken.backfilled !== taken.frames;
  return isOld || isComplete;
}

/**
 * Takes a reader of the newest state and then lets go of the old one, so that a FULL, RESTART or TRUNCATE checkpoint
 * of the application ends. There is always one held, and between the two all is read that the new one does not guard.
 */
export async function handOver(session: Session, follower: Follower, report: SyncReport): Promise<void> {
  const { connections } = session;
  connections.takeSpare();
  try {
    await follower.catchUp(report);
  } catch (error) {
    connections.releaseSpare();
    throw error;
  }
  connections.handOver();
}
