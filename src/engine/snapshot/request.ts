import type { Pos } from '../../ltx/index.ts';
import type { StoredPayload } from '../../projections/payloads.ts';

/** What to build: a whole database at one position, from the files that lead there. */
export interface SnapshotRequest {
  readonly format: 'ltx' | 'sqlite';
  readonly pos: Pos;
  readonly pageSize: number;
  /** Database size in pages; 0 when the position is that of a dropped database. */
  readonly commit: number;
  /** Effective time of the position, ms. */
  readonly effectiveTime: number;
  /** The newest file that holds a whole database, and all after it, in order. */
  readonly files: readonly StoredPayload[];
}
