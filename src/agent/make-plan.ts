import { metadataFromFile } from '../compactor/run/metadata.ts';
import { tellReplica } from '../compactor/run/replica-state.ts';
import type { Logger } from '../logging.ts';
import { openReplica } from '../storage/index.ts';
import { levelsOf } from './levels.ts';
import type { AgentDatabase, AgentReplica } from './plan.ts';
import type { ReplicaData } from './replica-data.ts';
import type { DatabaseData } from './worker-data.ts';

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
    open: (onMadeAnew) => openReplica(url, { s3, sftp, onState, onMadeAnew, readMetadata: metadataFromFile }),
  };
}
