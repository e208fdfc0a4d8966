import type { PayloadPlace } from '../../commands/ingest.ts';
import type { ErrorCode } from '../../errors/index.ts';
import type { Checksum, LtxHeader } from '../../ltx/index.ts';

/** Page numbers in rising order and their checksums, in arrays of their own. */
export interface SumsPart {
  readonly numbers: Uint32Array<ArrayBuffer>;
  readonly sums: BigUint64Array<ArrayBuffer>;
}

/** To an import thread. `id` names an import for as long as it lives. */
export type ToImportWorker =
  | {
      readonly type: 'begin';
      readonly id: number;
      readonly pageSize: number;
      /** Bytes 18 and 19 of page 1 become 2. */
      readonly journalModeForced: boolean;
      /** Run `quick_check` once the image is whole. */
      readonly check: boolean;
    }
  /** The next bytes of the image: whole pages, until the end. The buffer comes back. */
  | { readonly type: 'bytes'; readonly id: number; readonly buffer: ArrayBuffer; readonly length: number }
  /** The image is whole. Answered with `encoded`. */
  | { readonly type: 'end'; readonly id: number }
  /** Encode again, with the journal mode forced or as it came. Answered with `encoded`. */
  | { readonly type: 'recode'; readonly id: number; readonly journalModeForced: boolean }
  /** Give the file this header, and make it durable. Answered with `sealed`. */
  | { readonly type: 'seal'; readonly id: number; readonly header: LtxHeader }
  /** The import is over; unless it is kept, nothing of it stays. Answered with `closed`. */
  | { readonly type: 'close'; readonly id: number; readonly keep: boolean };

/** An image that was encoded to its end. */
export interface Encoded {
  /** SHA-256 of the image as it came, 64 hex digits. */
  readonly sourceSha256: string;
  /** Pages in the file: all but the lock page. */
  readonly pages: number;
  readonly postApplyChecksum: Checksum;
  /** Page checksums that were not sent before; after `recode` that of page 1 alone. */
  readonly rest: SumsPart;
}

/** A payload that is durable, or in memory to ride in the commit. */
export interface Sealed {
  readonly fileChecksum: Checksum;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly payload: PayloadPlace;
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

/** From an import thread. */
export type FromImportWorker =
  | { readonly type: 'buffer'; readonly id: number; readonly buffer: ArrayBuffer }
  | ({ readonly type: 'sums'; readonly id: number } & SumsPart)
  | ({ readonly type: 'encoded'; readonly id: number } & Encoded)
  | ({ readonly type: 'sealed'; readonly id: number } & Sealed)
  | { readonly type: 'closed'; readonly id: number }
  /** Only `close` may follow. */
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly stack: string;
    };

/** What an import thread is started with. */
export interface ImportWorkerData {
  readonly spoolDirectory: string;
  readonly cacheDirectory: string;
}
