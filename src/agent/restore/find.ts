import type { Point } from '../../compactor/plan/history.ts';
import type { RestorePoint } from '../../compactor/plan/index.ts';
import { notAvailable } from '../../engine/restore/not-available.ts';
import type { PointQuery } from '../../engine/restore/points.ts';
import { LfsbError } from '../../errors/index.ts';
import { continues, type FileHistory, historyByHeads, historyByNames } from './chain.ts';
import type { FileHead, Heads } from './heads.ts';
import type { ListedFile } from './listing.ts';

/** Heads that are asked for at once, where all of them are. */
export const HEADS_AT_ONCE = 16;

/** A restore point of a replica, and the files that lead to it. */
export interface FoundChain {
  readonly files: readonly ListedFile[];
  /** One a file. */
  readonly heads: readonly FileHead[];
}

/**
 * Finds a restore point and the way to it. Names are enough for the way, and a search over effective times,
 * which never fall with the TXID, for a time: a few small requests. Only where the chain so found turns out
 * not to be one (a re-base, another page size) are all heads read.
 * @param query null for the newest point
 * @throws LfsbError `ENODB`, `ENOTXID`, `ENOTIMESTAMP`, `ECORRUPT`; GoneError
 */
export async function findChain(
  files: readonly ListedFile[],
  heads: Heads,
  query: PointQuery | null,
): Promise<FoundChain> {
  const byNames = historyByNames(files);
  const found = await chainTo(byNames, heads, query);
  if (continues(found.heads)) return found;
  const byHeads = historyByHeads(await allHeads(files, heads));
  const exact = await chainTo(byHeads, heads, query);
  if (continues(exact.heads)) return exact;
  throw new LfsbError('ECORRUPT', 'no files on the replica lead to that point');
}

async function chainTo(history: FileHistory, heads: Heads, query: PointQuery | null): Promise<FoundChain> {
  if (history.points.length === 0) {
    throw new LfsbError('ENODB', 'the replica holds no restore point of a database', {
      hint: 'check the URL: it is the folder that has the folders 1, 2, 3 and 9 in it',
    });
  }
  const point = query === null ? history.points.at(-1)! : await pointFor(history, heads, query);
  const files = history.wayTo(point);
  return { files, heads: await Promise.all(files.map((file) => heads.of(file))) };
}

const txidOf = (point: Point) => point.last.file.maxTxid;

async function pointFor(history: FileHistory, heads: Heads, query: PointQuery): Promise<Point> {
  const { points } = history;
  const at =
    'txid' in query
      ? points.findLastIndex((point) => txidOf(point) <= query.txid)
      : await lastNotAfter(history, heads, query.timestamp);
  const point = points[at];
  if (point === undefined || ('txid' in query && txidOf(point) !== query.txid)) {
    throw await refusal(history, heads, query, at);
  }
  return point;
}

/** Index of the last point that is not after a time, -1 for none: by halves, since each look is a request. */
async function lastNotAfter(history: FileHistory, heads: Heads, time: number): Promise<number> {
  let low = 0;
  let high = history.points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { timestamp } = await heads.of(history.endOf(history.points[middle]!));
    if (timestamp > time) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

/** What to say where `at` is the last point before what is asked for. */
async function refusal(
  history: FileHistory,
  heads: Heads,
  query: PointQuery,
  at: number,
): Promise<LfsbError> {
  const pointAt = async (index: number): Promise<RestorePoint | null> => {
    const point = history.points[index];
    if (point === undefined) return null;
    const { timestamp, commit, postApplyChecksum } = await heads.of(history.endOf(point));
    const { maxTxid, level } = point.last.file;
    return {
      txid: maxTxid,
      checksum: postApplyChecksum,
      effectiveTime: timestamp,
      level,
      deleted: commit === 0,
      local: false,
    };
  };
  return notAvailable(query, { kind: 'none', before: await pointAt(at), after: await pointAt(at + 1) });
}

async function allHeads(
  files: readonly ListedFile[],
  heads: Heads,
): Promise<ReadonlyMap<ListedFile, FileHead>> {
  const known = new Map<ListedFile, FileHead>();
  for (let at = 0; at < files.length; at += HEADS_AT_ONCE) {
    const some = files.slice(at, at + HEADS_AT_ONCE);
    const found = await Promise.all(some.map((file) => heads.of(file)));
    for (const [i, file] of some.entries()) known.set(file, found[i]!);
  }
  return known;
}
