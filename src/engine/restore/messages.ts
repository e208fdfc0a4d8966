import type { JournalMode } from '../../commands/database-state.ts';
import type { Checksum, LtxHeader, Pos } from '../../ltx/index.ts';
import type { Sealed, SumsPart } from '../import/messages.ts';
import type { DrilledPoint, DrillRequest } from '../verify/messages.ts';

/** A state of a database as the thread that builds it has to know it. */
export interface BuildPoint {
  readonly pos: Pos;
  readonly pageSize: number;
  /** Database size in pages; 0 when it was dropped. */
  readonly commit: number;
}

/** What to build a restore from. */
export interface BuildOptions {
  /** The stream of the database's incarnation. */
  readonly stream: string;
  readonly target: BuildPoint;
  /** The state that the pages are compared with, to keep those that differ; null for all of them. */
  readonly current: BuildPoint | null;
  /** Bytes 18 and 19 of page 1 are 2 afterwards, whatever they are in the target. */
  readonly keepWal: boolean;
}

/** What is asked of a restore's thread, one question after the other. */
export type RestoreQuestion =
  /** Build a state, hold it to its checksum, and throw it away. */
  | { readonly kind: 'check'; readonly stream: string; readonly target: BuildPoint }
  | ({ readonly kind: 'build' } & BuildOptions)
  /** Give the file that was built this header, and make it durable. May be asked again. */
  | { readonly kind: 'seal'; readonly header: LtxHeader }
  /** Find the points of a drill. */
  | { readonly kind: 'drill'; readonly request: DrillRequest }
  /** Prove the next of them. */
  | { readonly kind: 'drillNext' }
  /** The restore is over; unless it is kept, nothing of it stays. */
  | { readonly kind: 'close'; readonly keep: boolean };

/** The target's content as an LTX file that still lacks its header. */
export interface Built {
  /** Pages in the file. */
  readonly pages: number;
  readonly postApplyChecksum: Checksum;
  /** What page 1 of the file says; null when page 1 is not in it. */
  readonly journalMode: JournalMode | null;
  /** Page 1 of the target was changed to say WAL. */
  readonly journalModeForced: boolean;
  /** Page checksums that were not sent before. */
  readonly rest: SumsPart;
}

export type RestoreAnswer =
  | { readonly kind: 'checked' }
  | ({ readonly kind: 'built' } & Built)
  | ({ readonly kind: 'sealed' } & Sealed)
  | { readonly kind: 'drillBegun'; readonly points: number }
  /** Null when there is no further point. */
  | { readonly kind: 'drilled'; readonly point: DrilledPoint | null }
  | { readonly kind: 'closed' };
