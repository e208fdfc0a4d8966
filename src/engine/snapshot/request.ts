import type { Pos } from '../../ltx/index.ts';

/** What to build: a whole database at one position, from the files that lead there. */
export interface SnapshotRequest {
  /** The stream of the database's incarnation: its files are looked up where the snapshot is built. */
  readonly stream: string;
  readonly format: 'ltx' | 'sqlite';
  readonly pos: Pos;
  readonly pageSize: number;
  /** Database size in pages; 0 when the position is that of a dropped database. */
  readonly commit: number;
  /** Effective time of the position, ms. */
  readonly effectiveTime: number;
}
