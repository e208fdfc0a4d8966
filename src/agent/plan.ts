import type { CompactionConfig } from '../compactor/plan/types.ts';
import type { CheckpointOptions } from '../sources/decisions/index.ts';
import type { Replica } from '../storage/index.ts';

/** One replica of a database, and how it is kept. */
export interface AgentReplica {
  /** In the log: see `replicaNameOf`. */
  readonly name: string;
  /** As it may be shown: without secrets. */
  readonly url: string;
  readonly compaction: CompactionConfig;
  readonly syncIntervalMs: number;
  /** Null: never. */
  readonly validationIntervalMs: number | null;
  /**
   * Opens the place; its folder is this database's.
   * @param onMadeAnew told when the folder was found emptied, and was made anew
   */
  readonly open: (onMadeAnew?: () => void) => Promise<Replica>;
}

/** One database, and what is to be done for it. The first replica is required, the others follow it. */
export interface AgentDatabase {
  readonly path: string;
  /** Where its log is. */
  readonly metaDirectory: string;
  readonly replicas: readonly [AgentReplica, ...AgentReplica[]];
  /** How often its WAL is looked at, at most, ms. */
  readonly monitorIntervalMs: number;
  readonly busyTimeoutMs: number;
  readonly checkpoint: CheckpointOptions;
}
