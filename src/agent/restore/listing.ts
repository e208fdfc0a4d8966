import { LEVELS, type Level } from '../../compactor/plan/types.ts';
import { LfsbError } from '../../errors/index.ts';
import { parseTxid, type Txid } from '../../ltx/index.ts';
import type { CallOptions, Replica } from '../../storage/index.ts';

/** Most files that one database may have on a replica for us to read it: weeks of a point a second. */
export const LISTED_FILES_MAX = 1_000_000;

/** A file of a database on a replica, as its name tells it. */
export interface ListedFile {
  readonly key: string;
  readonly level: Exclude<Level, 0>;
  readonly minTxid: Txid;
  readonly maxTxid: Txid;
  readonly sizeBytes: number;
  /** When it was stored, ms. */
  readonly modifiedMs: number;
}

const NAME = /^(\d)\/([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/;

/**
 * The files of the database whose folder the replica is, level by level from the highest. Whatever else is
 * there (a log, another tool's `generations/`) is not looked at.
 * @throws LfsbError `ETOOLARGE`; StorageError
 */
export async function listFiles(replica: Replica, options: CallOptions = {}): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for (const level of STORED_LEVELS) {
    for await (const { key, sizeBytes, modifiedMs } of replica.list(`${level}/`, options)) {
      const txids = txidsOf(key, level);
      if (txids === null) continue;
      files.push({ key, level, ...txids, sizeBytes, modifiedMs });
      if (files.length > LISTED_FILES_MAX) {
        throw new LfsbError(
          'ETOOLARGE',
          `the replica has more than ${LISTED_FILES_MAX} files of the database`,
        );
      }
    }
  }
  return files;
}

/** From the highest: a file that is merged into a higher level while we list is then seen at least once. */
const STORED_LEVELS = LEVELS.filter((level) => level !== 0).toReversed();

function txidsOf(key: string, level: number): { minTxid: Txid; maxTxid: Txid } | null {
  const [, found, min = '', max = ''] = NAME.exec(key) ?? [];
  const minTxid = parseTxid(min);
  const maxTxid = parseTxid(max);
  if (found !== String(level) || minTxid === undefined || maxTxid === undefined) return null;
  return minTxid >= 1n && minTxid <= maxTxid ? { minTxid, maxTxid } : null;
}
