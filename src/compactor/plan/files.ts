import { EMPTY_CHECKSUM } from '../../ltx/index.ts';
import type { StoredFile } from './types.ts';

/** A stored file and where it is: on a replica, or, with null, in the data directory (level 0). */
export interface SourcedFile {
  readonly replica: string | null;
  readonly file: StoredFile;
}

export const sourced = (replica: string | null, files: readonly StoredFile[]): SourcedFile[] =>
  files.map((file) => ({ replica, file }));

/** Whether a restore may begin at the file: it holds a whole database, or follows a deletion. */
export const isBase = (file: StoredFile): boolean =>
  file.minTxid === 1n || file.preApplyChecksum === EMPTY_CHECKSUM;

/**
 * Whether `next` is the transaction after `previous`: by TXID, by the checksums, and by the page size, which
 * changes only where a database begins anew.
 */
export const follows = (previous: StoredFile, next: StoredFile): boolean =>
  previous.maxTxid + 1n === next.minTxid &&
  previous.postApplyChecksum === next.preApplyChecksum &&
  (previous.pageSize === next.pageSize || isBase(next));

/** Whether both may be inputs of one merge (`ltx.md`, Merging files): as `follows`, and of one page size. */
export const mayMerge = (previous: StoredFile, next: StoredFile): boolean =>
  follows(previous, next) && previous.pageSize === next.pageSize;

/** When the promise of the point at a file's end begins, ms: an old timestamp that comes late is kept its full time. */
export const promiseStart = (file: StoredFile): number => Math.max(file.effectiveTime, file.receivedAt);

/** In the order of TXIDs: by where they end, of those that end together the longest first. */
export function byEnd(a: StoredFile, b: StoredFile): number {
  if (a.maxTxid !== b.maxTxid) return a.maxTxid < b.maxTxid ? -1 : 1;
  if (a.minTxid !== b.minTxid) return a.minTxid < b.minTxid ? -1 : 1;
  return b.level - a.level;
}
