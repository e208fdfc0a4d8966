import { metadataFromFile } from '../compactor/run/metadata.ts';
import { tellReplica } from '../compactor/run/replica-state.ts';
import type { AgentConfig, DatabaseConfig } from '../config/litestream/types.ts';
import type { Logger } from '../logging.ts';
import { openReplica } from '../storage/index.ts';
import { levelsOf } from './levels.ts';
import { replicaNameOf } from './names.ts';
import type { AgentDatabase, AgentReplica } from './plan.ts';
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

/** What is to be done for a database. */
export function planOf(data: DatabaseData, log: Logger): AgentDatabase {
  const [first, ...others] = data.replicas.map((replica) => planReplica(replica, data.path, log));
  if (first === undefined) throw new Error('a database has a replica');
  return {
    path: data.path,
    metaDirectory: data.metaPath,
    replicas: [first, ...others],
    monitorIntervalMs: data.monitorIntervalMs,
    busyTimeoutMs: data.busyTimeoutMs,
    checkpoint: {
      framesMin: data.minCheckpointPages,
      intervalMs: data.checkpointIntervalMs ?? Number.POSITIVE_INFINITY,
    },
  };
}

function planReplica(data: ReplicaData, path: string, log: Logger): AgentReplica {
  const { name, url, syncIntervalMs, validationIntervalMs, s3, sftp } = data;
  const about = log.child({ path });
  const onState = (state: { up: boolean; message: string }): void =>
    tellReplica(about, { replica: name, ...state });
  return {
    name,
    url,
    syncIntervalMs,
    validationIntervalMs,
    compaction: levelsOf(data),
    open: () => openReplica(url, { s3, sftp, onState, readMetadata: metadataFromFile }),
  };
}
