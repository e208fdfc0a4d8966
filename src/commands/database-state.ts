import type { Pos } from '../ltx/index.ts';

export type JournalMode = 'wal' | 'rollback';

/** What decisions need to know of a database name: a read-only picture of the log's projection of it. */
export interface DatabaseState {
  readonly cluster: string;
  readonly db: string;
  /** Number of the incarnation that lives, or of the last one that lived; 0 for a name never seen. */
  readonly incarnation: number;
  /** The position, or null when no incarnation lives. */
  readonly pos: Pos | null;
  /**
   * The position that the newest transaction went on from, all zero before a snapshot; null without a position,
   * and where no primary sent it: an import, a restore.
   */
  readonly base: Pos | null;
  /** Page size in bytes of the current or last incarnation; 0 for a name never seen. */
  readonly pageSize: number;
  /** Database size in pages at the position; 0 after a transaction that dropped the database. */
  readonly commit: number;
  /** What the newest page 1 says, also of a database that was dropped since; null when none was seen. */
  readonly journalMode: JournalMode | null;
  /** Effective time of the newest transaction, ms; null when there is none. */
  readonly effectiveTime: number | null;
  /** When the run of EBADCHECKSUM refusals began that no good transaction has ended yet, ms. */
  readonly failingSince: number | null;
  /** True while the name is left out of `/pos`, so that its primary sends a full snapshot. */
  readonly withheld: boolean;
  /** What is stored leads nowhere: only a whole database ends the withholding. */
  readonly untilWhole: boolean;
}

/** The state of a name that the log has never seen. */
export const unknownDatabase = (cluster: string, db: string): DatabaseState => ({
  cluster,
  db,
  incarnation: 0,
  pos: null,
  base: null,
  pageSize: 0,
  commit: 0,
  journalMode: null,
  effectiveTime: null,
  failingSince: null,
  withheld: false,
  untilWhole: false,
});
