import type { ReplicaState, StorageWorkerData } from '../../compactor/run/messages.ts';
import type { ErrorCode } from '../../errors/index.ts';
import type { SumsPart } from '../import/messages.ts';
import type { RestoreAnswer, RestoreQuestion } from '../restore/messages.ts';
import type { SnapshotRequest } from '../snapshot/request.ts';

/** To a stream worker. `id` names a stream, or a restore, for as long as it lives. */
export type ToWorker =
  | {
      readonly type: 'open';
      readonly id: number;
      readonly request: SnapshotRequest;
      /** Of its beginning, which are made and not sent. */
      readonly leftOutBytes: number;
    }
  /** Begin to send. */
  | { readonly type: 'start'; readonly id: number }
  /** A chunk was taken: its buffer comes back, to be filled again. */
  | { readonly type: 'taken'; readonly id: number; readonly buffer: ArrayBuffer }
  | { readonly type: 'cancel'; readonly id: number }
  /** A question of a restore, which begins with the first. */
  | { readonly type: 'ask'; readonly id: number; readonly question: RestoreQuestion }
  /** The page checksums that a restore has sent are put away: more may come. */
  | { readonly type: 'staged'; readonly id: number };

/** From a stream worker. */
export type FromWorker =
  | ReplicaState
  | { readonly type: 'ready'; readonly id: number; readonly sizeBytes: number | null }
  /** The first `length` bytes of `buffer` are the next of the stream. */
  | {
      readonly type: 'chunk';
      readonly id: number;
      readonly buffer: ArrayBuffer;
      readonly length: number;
      /** Said with the bytes: a client that knows how many come may leave as soon as it has them. */
      readonly isLast: boolean;
    }
  /** There are no bytes at all. */
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: RestoreAnswer }
  | ({ readonly type: 'sums'; readonly id: number } & SumsPart)
  /** A file of a replica, or of level 0, cannot be used: it was taken from elsewhere, or will be. Of no stream. */
  | {
      readonly type: 'avoided';
      readonly id: 0;
      readonly source: string;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly stack: string;
    };

/** What a stream worker is started with. */
export type StreamWorkerData = StorageWorkerData;

/** Bytes of one chunk between the threads. */
export const STREAM_CHUNK_BYTES = 256 * 1024;

/** Buffers of a stream, that go to and fro: so much waits for a slow client, and no more. */
export const STREAM_BUFFERS = 4;
