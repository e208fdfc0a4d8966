import type { Checksum, Txid } from '../../ltx/index.ts';

/** Levels of stored files: 0 single transactions (local only), 1 to 3 compactions, 9 snapshots. */
export const LEVELS = [0, 1, 2, 3, 9] as const;
export type Level = (typeof LEVELS)[number];
export const SNAPSHOT_LEVEL = 9;

/** One LTX file as the catalogue has it: of level 0 in the data directory, of the others on one replica. */
export interface StoredFile {
  readonly level: Level;
  readonly minTxid: Txid;
  readonly maxTxid: Txid;
  readonly pageSize: number;
  /** Database size in pages after it; 0 when it ends in a deletion. */
  readonly commit: number;
  /** 0n on a snapshot. */
  readonly preApplyChecksum: Checksum;
  readonly postApplyChecksum: Checksum;
  /** Effective time of its last transaction, ms. */
  readonly effectiveTime: number;
  /** When its last transaction was received, ms. */
  readonly receivedAt: number;
  readonly sizeBytes: number;
}

/** What is stored of one incarnation of a database. Files are in the order of their TXIDs within a level. */
export interface DatabaseCatalogue {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  /** Level 0, in the data directory. */
  readonly local: readonly StoredFile[];
  /** Levels 1 and above, by replica name. */
  readonly replicas: ReadonlyMap<string, readonly StoredFile[]>;
  /** What is on record there and was found missing or damaged; in none of `replicas`. Left out: nothing. */
  readonly damaged?: ReadonlyMap<string, readonly StoredFile[]>;
}

/** How a level is kept. */
export interface LevelConfig {
  readonly level: Exclude<Level, 0>;
  /** Length of a window, ms. */
  readonly intervalMs: number;
  /** How long a point of this level is promised, ms. */
  readonly retentionMs: number;
}

export interface CompactionConfig {
  /** Rising; the last is the snapshot level. Each interval divides the next. */
  readonly levels: readonly LevelConfig[];
  /** Level 0 is kept for the retention of level 1, or up to this many bytes over all databases. */
  readonly level0BytesMax: number;
}

/** One place where files are kept, as the planner has to know it. */
export interface ReplicaState {
  readonly name: string;
  /** Level 0 waits for it, and the high-water mark counts it. */
  readonly required: boolean;
  /** Nothing is done there before this time, ms: it failed. Null when it is well. */
  readonly backoffUntil: number | null;
}
