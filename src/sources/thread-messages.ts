import { type ErrorCode, LfsbError } from '../errors/index.ts';
import type { LtxHeader } from '../ltx/index.ts';
import type { CheckpointOptions } from './decisions/index.ts';
import type { SyncReport } from './report.ts';
import type { SourceTransaction } from './transaction.ts';

/** Pieces of a transaction that are on their way between the threads: half a MiB each at most. */
export const PIECES_MAX = 4;

export interface SourceWorkerData {
  /** The live database. */
  readonly path: string;
  /** The log's database, and the name in it. */
  readonly log: string;
  readonly cluster: string;
  readonly db: string;
  /** Where the WAL's position is kept. */
  readonly record: string;
  readonly busyTimeoutMs: number;
  readonly checkpoint: CheckpointOptions;
}

/** An error on its way to another thread, which keeps no class. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly stack: string;
}

export type ToSourceWorker =
  | { readonly type: 'sync' }
  /** A piece was taken: there is room for another. */
  | { readonly type: 'room' }
  /** What became of the transaction that is underway; it may come before its last piece. */
  | { readonly type: 'published'; readonly failure: Failure | null }
  | { readonly type: 'close' };

export type FromSourceWorker =
  | { readonly type: 'begin'; readonly kind: SourceTransaction['kind']; readonly header: LtxHeader }
  | { readonly type: 'piece'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'end' }
  /** The transaction cannot be read to its end: it is not to be taken. */
  | { readonly type: 'broken'; readonly failure: Failure }
  | { readonly type: 'synced'; readonly report: SyncReport }
  | { readonly type: 'failed'; readonly failure: Failure }
  /** A sync would let a checkpoint of the application go on. */
  | { readonly type: 'wanted' }
  | { readonly type: 'closed' };

export function toFailure(error: unknown): Failure {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!(error instanceof LfsbError)) {
    return { code: 'EINTERNAL', message: 'internal error', hint: undefined, stack };
  }
  return { code: error.code, message: error.message, hint: error.hint, stack };
}

export function fromFailure({ code, message, hint, stack }: Failure): LfsbError {
  return new LfsbError(code, message, { cause: stack, ...(hint === undefined ? {} : { hint }) });
}
