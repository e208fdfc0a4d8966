import type { ErrorCode } from '../../errors/index.ts';
import type { SnapshotRequest } from '../snapshot/request.ts';

/** To a stream worker. `id` names a stream for as long as it lives. */
export type ToWorker =
  | { readonly type: 'open'; readonly id: number; readonly request: SnapshotRequest }
  /** The reader has room for so many more chunks. */
  | { readonly type: 'credit'; readonly id: number; readonly chunks: number }
  | { readonly type: 'cancel'; readonly id: number };

/** From a stream worker. */
export type FromWorker =
  | { readonly type: 'ready'; readonly id: number; readonly sizeBytes: number | null }
  | { readonly type: 'chunk'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'end'; readonly id: number }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly stack: string;
    };

/** What a stream worker is started with. */
export interface StreamWorkerData {
  readonly database: string;
  readonly spoolDirectory: string;
  readonly cacheDirectory: string;
}

/** Bytes of one chunk between the threads. */
export const STREAM_CHUNK_BYTES = 256 * 1024;

/** Chunks on their way between the threads, or waiting for a slow client, for each stream. */
export const STREAM_CHUNKS_AHEAD = 4;
