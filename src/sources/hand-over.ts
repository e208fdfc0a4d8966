import type { Follower } from './follower.ts';
import type { SyncReport } from './report.ts';
import type { Session } from './session.ts';

/**
 * Takes a reader of the newest state and then lets go of the old one, so that a FULL, RESTART or TRUNCATE checkpoint
 * of the application ends. There is always one held, and between the two all is read that the new one does not guard.
 */
export async function handOver(session: Session, follower: Follower, report: SyncReport): Promise<void> {
  const { connections } = session;
  const since = session.look();
  connections.takeSpare();
  try {
    await follower.catchUp(report);
  } catch (error) {
    connections.releaseSpare();
    throw error;
  }
  connections.handOver();
  session.readerSince = since;
}
