import type { Logger } from '../../logging.ts';
import type { ReplicaState } from './messages.ts';

/** Says in the log that a replica went out of reach, or is back: a line a change. */
export function tellReplica(log: Logger, { replica, up, message }: Omit<ReplicaState, 'type' | 'id'>): void {
  if (up) log.info({ replica }, message);
  else log.warn({ replica }, message);
}
