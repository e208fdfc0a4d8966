/**
 * What can go wrong with a place that stores objects, whatever the place:
 *
 * - `ENOTSTORED`: there is no object under this key.
 * - `ECONFLICT`: a conditional put found an object under this key; nothing was changed.
 * - `EDENIED`: the place refuses our credentials, or lets us do this to nothing.
 * - `EHOSTKEY`: the place does not prove to be the one that is meant: its key is another one, or not known.
 * - `EUNAVAILABLE`: the place did not answer, is full or overloaded, or bytes were damaged on the way. The
 *   only code worth trying again; the effect may or may not have happened.
 * - `EINVALID`: trying again cannot help: a bad key or range, a source that is not what was announced, a
 *   bucket that does not exist, something the place cannot do.
 */
export type StorageErrorCode =
  | 'ENOTSTORED'
  | 'ECONFLICT'
  | 'EDENIED'
  | 'EHOSTKEY'
  | 'EUNAVAILABLE'
  | 'EINVALID';

export interface StorageErrorOptions {
  /** The object that it was about. */
  readonly key?: string | undefined;
  readonly cause?: unknown;
}

/** A failure of a replica. Adapters translate what their place says into one of these. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly key: string | undefined;

  constructor(code: StorageErrorCode, message: string, options: StorageErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.key = options.key;
  }
}

/** Whether `error` may go away by itself. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof StorageError && error.code === 'EUNAVAILABLE';

/** Whether `error` says that there is no such object. */
export const isNotStored = (error: unknown): boolean =>
  error instanceof StorageError && error.code === 'ENOTSTORED';

export const notStored = (key: string, cause?: unknown): StorageError =>
  new StorageError('ENOTSTORED', `nothing is stored as ${key}`, { key, cause });

export const conflict = (key: string, cause?: unknown): StorageError =>
  new StorageError('ECONFLICT', `${key} is stored already`, { key, cause });
