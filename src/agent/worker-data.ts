import { metadataFromFile } from '../compactor/run/metadata.ts';
import { tellReplica } from '../compactor/run/replica-state.ts';
import type { AgentConfig, DatabaseConfig, ReplicaConfig } from '../config/litestream/types.ts';
import type { Logger } from '../logging.ts';
import { openReplica, type S3Settings, type SftpSettings, s3SettingsFrom } from '../storage/index.ts';
import { levelsOf } from './levels.ts';
import { replicaNameOf } from './names.ts';
import type { AgentDatabase, AgentReplica } from './plan.ts';

/** A replica as a thread is told of it: plain data, its secrets readable. Never to be printed. */
export interface ReplicaData
  extends Pick<
    ReplicaConfig,
    'name' | 'url' | 'retentionMs' | 'syncIntervalMs' | 'snapshotIntervalMs' | 'validationIntervalMs'
  > {
  readonly s3: S3Settings | undefined;
  readonly sftp: SftpSettings | undefined;
}

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

/** How a configured replica is opened. @throws LfsbError `ECONFIG` for a key without its secret */
export function replicaData(replica: ReplicaConfig, env: Environment): ReplicaData {
  const { name, url, retentionMs, syncIntervalMs, snapshotIntervalMs, validationIntervalMs, target } =
    replica;
  const kept = { name, url, retentionMs, syncIntervalMs, snapshotIntervalMs, validationIntervalMs };
  return {
    ...kept,
    s3: target.type === 's3' ? s3Settings(target, env) : undefined,
    sftp: target.type === 'sftp' ? sftpSettings(target) : undefined,
  };
}

function s3Settings(target: ReplicaConfig['target'] & { type: 's3' }, env: Environment): S3Settings {
  const own = target.accessKeyId !== undefined;
  return s3SettingsFrom({
    endpoint: target.endpoint ?? env['AWS_ENDPOINT_URL_S3'],
    region: target.region ?? env['AWS_REGION'],
    accessKeyId: target.accessKeyId ?? env['AWS_ACCESS_KEY_ID'] ?? env['AWS_ACCESS_KEY'],
    secretAccessKey:
      target.secretAccessKey?.reveal() ?? env['AWS_SECRET_ACCESS_KEY'] ?? env['AWS_SECRET_KEY'],
    sessionToken: own ? undefined : env['AWS_SESSION_TOKEN'],
    forcePathStyle: target.forcePathStyle,
  });
}

const sftpSettings = (target: ReplicaConfig['target'] & { type: 'sftp' }): SftpSettings => ({
  keyPath: target.keyPath,
  passphrase: target.passphrase?.reveal(),
  password: target.password?.reveal(),
  hostKeys: target.hostKeys,
  knownHostsPath: target.knownHostsPath,
  acceptNew: true,
});

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
