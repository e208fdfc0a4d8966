import type { Pos } from '../ltx/index.ts';

/**
 * `current`: all that was committed is stored. `missing`: there is no file at the path. `foreign-wal`: the file
 * was replaced, but the WAL beside it is that of the former one, and would be mixed into it by whoever opens it.
 */
export type SourceState = 'current' | 'missing' | 'foreign-wal';

/** What one sync found and did. */
export interface SyncReport {
  state: SourceState;
  /** The newest position that is stored; null when there is none. */
  pos: Pos | null;
  /** Transactions that were published, and pages in them. */
  transactions: number;
  pages: number;
  /** Why the whole database was read; null when its WAL said all. */
  compared: string | null;
  /** Why the database was opened again; null when it was not. */
  reopened: string | null;
  /** `busy`: somebody was writing. `unfinished`: somebody was reading. Both are tried again. */
  checkpoint: 'none' | 'done' | 'unfinished' | 'busy';
  /** Committed frames in the WAL, and those of them that are in the main file. */
  walFrames: number;
  walBackfilled: number;
  /** What is wrong, and was got over. */
  warnings: string[];
}

export const emptyReport = (): SyncReport => ({
  state: 'current',
  pos: null,
  transactions: 0,
  pages: 0,
  compared: null,
  reopened: null,
  checkpoint: 'none',
  walFrames: 0,
  walBackfilled: 0,
  warnings: [],
});
