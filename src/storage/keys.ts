import { StorageError } from './errors.ts';

/** Longest key, bytes: what S3 takes, less room for a prefix of the bucket. */
export const KEY_BYTES_MAX = 800;

/** Most keys of one call of `deleteMany`; a caller with more asks again. */
export const DELETE_KEYS_MAX = 100_000;

const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9_.~-]+$/;
const PREFIX = /^[A-Za-z0-9_.~/-]*$/;

/** Whether a part of a key between slashes can be one. */
export const isSegment = (segment: string): boolean => SEGMENT.test(segment);

/** Whether objects can be stored under `key`: `A-Z a-z 0-9 _ . ~ -` in parts joined by `/`, none `.` or `..`. */
export const isKey = (key: string): boolean => key.length <= KEY_BYTES_MAX && key.split('/').every(isSegment);

/** Throws EINVALID unless `key` is one. No key can leave a replica's folder or clash with its own files. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new StorageError('EINVALID', `not a key: ${JSON.stringify(key)}`, { key });
}

/** Throws EINVALID unless some key could start with `prefix`. */
export function checkPrefix(prefix: string): void {
  const folders = prefix.split('/').slice(0, -1);
  if (PREFIX.test(prefix) && prefix.length <= KEY_BYTES_MAX && folders.every(isSegment)) return;
  throw new StorageError('EINVALID', `not the start of a key: ${JSON.stringify(prefix)}`);
}

/** Throws EINVALID unless all are keys and no more than one call takes. */
export function checkKeys(keys: readonly string[]): void {
  if (keys.length > DELETE_KEYS_MAX) {
    throw new StorageError('EINVALID', `${keys.length} keys at once, at most ${DELETE_KEYS_MAX} are taken`);
  }
  for (const key of keys) checkKey(key);
}
