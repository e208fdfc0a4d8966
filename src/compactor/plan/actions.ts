import type { Txid } from '../../ltx/index.ts';
import type { SourcedFile } from './files.ts';
import type { StoredFile } from './types.ts';

/** Which incarnation of which database. */
export interface DatabaseName {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
}

/** A stored file before it is built: its size is not known. */
export type PlannedFile = Omit<StoredFile, 'sizeBytes'>;

/** Merge `inputs` into one file and store it on `replica`. */
export interface BuildAction extends DatabaseName {
  readonly kind: 'build';
  readonly replica: string;
  readonly output: PlannedFile;
  readonly inputs: readonly SourcedFile[];
  /** The output is written as a snapshot: min TXID 1, no pre-apply checksum. */
  readonly asSnapshot: boolean;
  /** When the oldest of what it stores was received, ms: builds go in this order. */
  readonly waitingSince: number;
  readonly reason: string;
}

/** Delete a file from a replica, or, with null, from the data directory. */
export interface DeleteAction extends DatabaseName {
  readonly kind: 'delete';
  readonly replica: string | null;
  readonly file: StoredFile;
  readonly reason: string;
}

/** What could be done and is not, and why; `replica` null means everywhere. */
export interface NothingAction extends DatabaseName {
  readonly kind: 'nothing';
  readonly replica: string | null;
  readonly reason: string;
}

export type Action = BuildAction | DeleteAction | NothingAction;

/** Transactions that a replica lacks and nothing has, between two TXIDs that are there. */
export interface Gap extends DatabaseName {
  readonly replica: string;
  /** The last TXID before it; 0 where nothing comes before. */
  readonly after: Txid;
  /** The first TXID after it. */
  readonly before: Txid;
}
