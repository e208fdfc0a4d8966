import type { Secret } from '../secret.ts';
import type { Finding, Place } from '../yaml/problems.ts';
import type { YamlSettings } from '../yaml/tree.ts';

/** What `replicate` is to do: a litestream.yml of either dialect, checked, with its defaults filled in. */
export interface AgentConfig {
  /** Where metrics are served; null: nowhere. */
  readonly addr: string | null;
  /** Command to run beside; null: none. */
  readonly exec: string | null;
  readonly logging: AgentLogging;
  /** At least one. */
  readonly databases: readonly DatabaseConfig[];
}

export interface AgentLogging {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'text' | 'json';
  /** Whether lines go to standard error and not to standard output. */
  readonly stderr: boolean;
}

export interface DatabaseConfig {
  /** Absolute. */
  readonly path: string;
  /** Folder of our own state, absolute: `.NAME-lfsb` beside the database unless `meta-path` says otherwise. */
  readonly metaPath: string;
  /** How often the WAL is looked at, ms. */
  readonly monitorIntervalMs: number;
  /** A checkpoint at most so long after the last change, ms; null: only by pages. */
  readonly checkpointIntervalMs: number | null;
  /** A checkpoint when the WAL holds so many pages. */
  readonly minCheckpointPages: number;
  /** How long SQLite's locks are waited for, ms. */
  readonly busyTimeoutMs: number;
  /** At least one; the first is required, the others follow it. */
  readonly replicas: readonly ReplicaConfig[];
  /** Where it stands in the file. */
  readonly place: Place;
}

export interface ReplicaConfig {
  /** Unique among those of a database. */
  readonly name: string;
  /** Where it is, without secrets: `s3://`, `file://`, `sftp://`. */
  readonly url: string;
  readonly target: ReplicaTarget;
  /** Every sync within it can be restored, ms. */
  readonly retentionMs: number;
  readonly syncIntervalMs: number;
  /** Null: as retention asks for. */
  readonly snapshotIntervalMs: number | null;
  /** Null: never. */
  readonly validationIntervalMs: number | null;
  readonly place: Place;
}

/** What is read of a replica: of a file, or of its URL alone. */
export type ReplicaSettings = Pick<
  YamlSettings,
  'has' | 'take' | 'texts' | 'left' | 'place' | 'refuse' | 'warn'
>;

export type ReplicaTarget = S3Target | FileTarget | SftpTarget;

export interface S3Target {
  readonly type: 's3';
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly forcePathStyle: boolean | undefined;
  /** Both or none; none: the AWS variables say. */
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: Secret | undefined;
}

export interface FileTarget {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
}

export interface SftpTarget {
  readonly type: 'sftp';
  /** Name, address, or alias of `~/.ssh/config`. */
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly path: string;
  readonly password: Secret | undefined;
  readonly keyPath: string | undefined;
  readonly passphrase: Secret | undefined;
  /** Host keys that alone count; empty: `known_hosts` does. */
  readonly hostKeys: readonly string[];
  readonly knownHostsPath: string | undefined;
}

export interface LoadedAgentConfig {
  /** The file that was read. */
  readonly path: string;
  readonly config: AgentConfig;
  /** What in it has no effect, or another one than was meant. */
  readonly warnings: readonly Finding[];
}

/** What a configuration is read in: nothing else is asked of the machine. */
export interface ConfigSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `~` stands for. */
  readonly home: string;
  /** What relative paths start from. */
  readonly cwd: string;
  readonly pid: number;
  /** Whether `${VAR}` is replaced; `-no-expand-env` says no. */
  readonly expandEnv: boolean;
}

/** Litestream's own defaults, ms. */
export const LITESTREAM_DEFAULTS = {
  syncIntervalMs: 1_000,
  retentionMs: 86_400_000,
  monitorIntervalMs: 1_000,
  checkpointIntervalMs: 60_000,
  minCheckpointPages: 1_000,
  busyTimeoutMs: 1_000,
} as const;
