import type { Checksum, LtxHeader } from '../ltx/index.ts';
import type { DatabaseState, JournalMode } from './database-state.ts';

export type { JournalMode } from './database-state.ts';

/** Why the contents of a received file cannot be used. */
export interface ContentsFault {
  readonly code: string;
  readonly message: string;
  /** Byte offset in the file. */
  readonly offset: number;
}

/** What was read of a file's contents: all of it and correct, or the first fault. */
export type Contents =
  | {
      readonly ok: true;
      readonly postApplyChecksum: Checksum;
      readonly fileChecksum: Checksum;
      readonly pages: number;
    }
  | { readonly ok: false; readonly fault: ContentsFault };

/** Where the bytes of a payload are: with the event's row, or in a file of the spool. */
export type PayloadPlace = { readonly kind: 'row' } | { readonly kind: 'spool'; readonly name: string };

/** A received LTX file, without its pages. */
export interface ReceivedFile {
  readonly header: LtxHeader;
  readonly contents: Contents;
  /** Size of the payload as it is stored, bytes. */
  readonly sizeBytes: number;
  /** SHA-256 of the payload as it is stored, 64 hex digits. */
  readonly sha256: string;
  readonly payload: PayloadPlace;
  /** What bytes 18 and 19 of page 1 say; null when page 1 is not in the file. */
  readonly journalMode: JournalMode | null;
}

/** What the content index says of a file whose position fits. */
export interface IndexFacts {
  /** Pages in the file above the database's size before it. */
  readonly grownPages: number;
  /** The database checksum after the file, computed from the index and the file's page checksums. */
  readonly computedChecksum: Checksum;
}

/** The instant of a decision. */
export interface Now {
  /** Wall clock, ms since the epoch. */
  readonly wall: number;
  /** False after an unexplained jump of the wall clock: such a time orders nothing. */
  readonly trusted: boolean;
}

export interface IngestContext {
  readonly state: DatabaseState;
  readonly file: ReceivedFile;
  readonly now: Now;
}
