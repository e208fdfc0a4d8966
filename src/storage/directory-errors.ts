import { conflict, notStored, StorageError, type StorageErrorCode } from './errors.ts';

const CODES: Readonly<Record<string, StorageErrorCode>> = {
  ENOENT: 'ENOTSTORED',
  EEXIST: 'ECONFLICT',
  EACCES: 'EDENIED',
  EPERM: 'EDENIED',
  EROFS: 'EDENIED',
  EISDIR: 'EINVALID',
  ENOTDIR: 'EINVALID',
  ENAMETOOLONG: 'EINVALID',
  ELOOP: 'EINVALID',
  EXDEV: 'EINVALID',
};

/** The code of a failed system call, if `error` is one. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
    ? error.code
    : undefined;

/**
 * A failed system call as a StorageError; anything else, as what a source threw, stays what it is. A full
 * or failing disk, too many open files and the like may go away: EUNAVAILABLE.
 */
export function directoryError(error: unknown, key: string): unknown {
  const system = systemCode(error);
  if (system === undefined) return error;
  const code = CODES[system] ?? 'EUNAVAILABLE';
  if (code === 'ENOTSTORED') return notStored(key, error);
  if (code === 'ECONFLICT') return conflict(key, error);
  return new StorageError(code, `${key}: ${(error as Error).message}`, { key, cause: error });
}
