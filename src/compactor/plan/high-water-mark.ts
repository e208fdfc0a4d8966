import type { Txid } from '../../ltx/index.ts';
import { sourced } from './files.ts';
import { History } from './history.ts';
import { RULES, type Rules } from './rules.ts';
import type { DatabaseCatalogue, ReplicaState } from './types.ts';

/** Newest TXID that a replica can restore by itself; 0 when there is none. */
export function reachOfReplica(catalogue: DatabaseCatalogue, replica: string, rules: Rules = RULES): Txid {
  const files = sourced(replica, catalogue.replicas.get(replica) ?? []);
  return new History(files, rules).tip?.last.file.maxTxid ?? 0n;
}

/** The replicas that are required: those marked, else the first, so that there is one wherever there are any. */
export function requiredReplicas(replicas: readonly ReplicaState[]): readonly ReplicaState[] {
  const marked = replicas.filter(({ required }) => required);
  return marked.length > 0 ? marked : replicas.slice(0, 1);
}

/**
 * The high-water mark of a database: up to here every required replica has its history without a hole, and can
 * restore it by itself; 0 when one has nothing. That it never falls is for the caller to see to, since a
 * replica may be added.
 */
export function highWaterMark(catalogue: DatabaseCatalogue, replicas: readonly ReplicaState[]): Txid {
  const reached = requiredReplicas(replicas).map(({ name }) => reachOfReplica(catalogue, name));
  return reached.reduce((lowest, each) => (each < lowest ? each : lowest), reached[0] ?? 0n);
}
