import type { SourcedFile } from '../../compactor/plan/files.ts';
import { History, type Point, wayTo } from '../../compactor/plan/history.ts';
import type { StoredFile } from '../../compactor/plan/types.ts';
import { CHECKSUM_FLAG, type Txid } from '../../ltx/index.ts';
import type { FileHead } from './heads.ts';
import type { ListedFile } from './listing.ts';

/**
 * The history of a database as the names of its files tell it: each file follows the one that ends before it.
 * Names cannot tell of a re-base or of a change of page size; `continues` finds what they did not.
 */
export const historyByNames = (files: readonly ListedFile[]): FileHistory =>
  new FileHistory(files, ({ minTxid, maxTxid }) => ({
    pageSize: 0,
    commit: 1,
    effectiveTime: 0,
    preApplyChecksum: minTxid === 1n ? 0n : markOf(minTxid - 1n),
    postApplyChecksum: markOf(maxTxid),
  }));

/** Stands for the checksum at a TXID where only the TXID is known. */
const markOf = (txid: Txid): bigint => CHECKSUM_FLAG | txid;

/** The same by what the files themselves say. */
export function historyByHeads(heads: ReadonlyMap<ListedFile, FileHead>): FileHistory {
  return new FileHistory([...heads.keys()], (file) => {
    const head = heads.get(file);
    if (head === undefined) throw new Error('every file has its head');
    return { ...head, effectiveTime: head.timestamp };
  });
}

type Described = Pick<
  StoredFile,
  'pageSize' | 'commit' | 'effectiveTime' | 'preApplyChecksum' | 'postApplyChecksum'
>;

/** Restore points of files on a replica, and the way to each. */
export class FileHistory {
  readonly #history: History;
  readonly #listed = new Map<StoredFile, ListedFile>();

  constructor(files: readonly ListedFile[], describe: (file: ListedFile) => Described) {
    const sourced = files.map((listed): SourcedFile => {
      const { level, minTxid, maxTxid, sizeBytes, modifiedMs } = listed;
      const file = { level, minTxid, maxTxid, sizeBytes, receivedAt: modifiedMs, ...describe(listed) };
      this.#listed.set(file, listed);
      return { replica: null, file };
    });
    this.#history = new History(sourced);
  }

  /** Points in the order of their TXIDs. */
  get points(): readonly Point[] {
    return this.#history.points;
  }

  /** The newest point at a TXID. */
  at(txid: Txid): Point | undefined {
    return this.#history.at(txid);
  }

  /** A file that ends at the point. */
  endOf(point: Point): ListedFile {
    return this.#of(point.last.file);
  }

  /** The files to restore a point from: the newest whole database, and then as few as there are. */
  wayTo(point: Point): ListedFile[] {
    return wayTo(point).map(({ file }) => this.#of(file));
  }

  #of(file: StoredFile): ListedFile {
    const listed = this.#listed.get(file);
    if (listed === undefined) throw new Error('the file is of another history');
    return listed;
  }
}

/** Whether each head follows the one before it, as one merge needs it. */
export const continues = (heads: readonly FileHead[]): boolean =>
  heads.every((head, i) => {
    const before = heads[i - 1];
    if (before === undefined) return true;
    return before.postApplyChecksum === head.preApplyChecksum && before.pageSize === head.pageSize;
  });
