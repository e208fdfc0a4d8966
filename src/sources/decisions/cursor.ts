import type { Pos } from '../../ltx/index.ts';
import type { WalGeneration, WalHeader, WalPlace } from '../wal/index.ts';

/** How far the WAL of a live database was read. */
export interface WalCursor extends WalPlace {
  /** Null when the WAL was empty: the first that is written in it is new. */
  readonly generation: WalHeader | null;
  /**
   * Whether everything was read that the WAL held when the current reader was taken. Then it can be restarted
   * unseen only when there was no more of it, since what came later cannot be copied back under that reader.
   */
  readonly settled: boolean;
}

/** Which file a path leads to, and when it was last written to. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly sizeBytes: bigint;
  /** Time of the last write, ns since the epoch. */
  readonly writtenNs: bigint;
}

/** Where the WAL of a database stood when its newest transaction was stored. */
export interface SourceRecord extends WalPlace {
  readonly pos: Pos;
  readonly pageSize: number;
  readonly generation: WalGeneration;
  readonly file: FileIdentity;
}

export const isSameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.device === b.device && a.inode === b.inode;
