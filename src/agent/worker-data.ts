import type { AgentConfig, DatabaseConfig } from '../config/litestream/types.ts';
import { replicaNameOf } from './names.ts';
import { type ReplicaData, replicaData } from './replica-data.ts';

/** A database as a thread is told of it. */
export interface DatabaseData extends Omit<DatabaseConfig, 'replicas' | 'place'> {
  readonly replicas: readonly ReplicaData[];
}

/** What the agent's thread is started with. */
export interface AgentWorkerData {
  readonly databases: readonly DatabaseData[];
  readonly logging: AgentConfig['logging'];
  readonly version: string;
  readonly bootId: string | null;
  /** Sync and store once, then end. */
  readonly once: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A configured database as plain data. @throws LfsbError `ECONFIG` for a key without its secret */
export function databaseData(
  { place: _, replicas, ...rest }: DatabaseConfig,
  env: Environment,
): DatabaseData {
  const named = replicas.map((replica) => ({ ...replicaData(replica, env), name: replicaNameOf(replica) }));
  return { ...rest, replicas: named };
}
