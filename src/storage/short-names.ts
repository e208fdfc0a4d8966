import { createHash } from 'node:crypto';
import { StorageError } from './errors.ts';

/** Longest name of a file or folder that is kept as it is, bytes. */
export const NAME_BYTES_MAX = 200;

/** How much of a longer name is kept, bytes. */
export const KEPT_BYTES = 180;

/** Digits of the hash behind it: 128 bits of SHA-256. */
const HASH_DIGITS = 32;

const SHORT = new RegExp(`^.{${KEPT_BYTES}}~[0-9a-f]{${HASH_DIGITS}}$`);

/**
 * The name of a file or folder for a part of a key. File systems hold names of 255 bytes and a database may
 * have 256, so a long one is its first 180 bytes, `~`, and a hash of the whole. A short form stands for
 * itself, so that what a listing hands out can be used as a key.
 */
export function shortName(segment: string): string {
  if (segment.length <= NAME_BYTES_MAX || SHORT.test(segment)) return segment;
  const hash = createHash('sha256').update(segment).digest('hex').slice(0, HASH_DIGITS);
  return `${segment.slice(0, KEPT_BYTES)}~${hash}`;
}

/** A key, or the start of one that ends with a slash, as a path of names that file systems can hold. */
export const shortKey = (key: string): string => key.split('/').map(shortName).join('/');

/** How keys under a prefix are named on disk, and how to name them again as the caller did. */
export interface ShortPrefix {
  /** What the stored paths start with. */
  readonly stored: string;
  restore(path: string): string;
}

/**
 * A prefix in short form. Folders that the prefix names in full come back in full; names that it does not
 * hold come back in short form, because the place does not know more. EINVALID when the last, unfinished
 * name is too long to say which short forms it means.
 */
export function shortPrefix(prefix: string): ShortPrefix {
  const cut = prefix.lastIndexOf('/') + 1;
  const folders = prefix.slice(0, cut);
  const begun = prefix.slice(cut);
  if (begun.length > KEPT_BYTES && !SHORT.test(begun)) {
    throw new StorageError(
      'EINVALID',
      `the name at the end of a prefix is over ${KEPT_BYTES} bytes: ${begun}`,
    );
  }
  const stored = shortKey(folders);
  return { stored: stored + begun, restore: (path) => folders + path.slice(stored.length) };
}
