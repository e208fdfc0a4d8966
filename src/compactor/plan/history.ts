import type { Checksum, Txid } from '../../ltx/index.ts';
import { byEnd, type SourcedFile } from './files.ts';
import { RULES, type Rules } from './rules.ts';
import type { StoredFile } from './types.ts';

/** A state of the database that given files lead to, with the last file of the way there. */
export interface Point {
  readonly last: SourcedFile;
  /** The point before that file; null where the way begins. */
  readonly previous: Point | null;
  /** Where the first file of the way ends: the newest base wins. */
  readonly baseEnd: Txid;
  /** Files on the way. */
  readonly files: number;
}

/**
 * Every point that given files lead to, and the way to each: the newest base, and then as few (so the longest)
 * files as there are. The ways are a forest, a way to a point is a way to the point before it and one file, so
 * that the union of all ways is found in one pass.
 *
 * Points are told apart by TXID and checksum: after a re-base one TXID may have two states. O(n log n).
 */
export class History {
  /** In the order of their TXIDs. */
  readonly points: Point[] = [];
  readonly #byTxid = new Map<Txid, Point[]>();
  /** Files that no base leads to, in the order of their TXIDs. */
  readonly unreachable: SourcedFile[] = [];

  constructor(files: readonly SourcedFile[], rules: Rules = RULES) {
    const sorted = files.toSorted((a, b) => byEnd(a.file, b.file));
    for (const entry of sorted) this.#add(entry, rules);
  }

  /** The newest point, or null when there is none. */
  get tip(): Point | null {
    return this.points.at(-1) ?? null;
  }

  /** The newest of the points at a TXID; with `checksum`, the one that has it. */
  at(txid: Txid, checksum?: Checksum): Point | undefined {
    const points = this.#byTxid.get(txid);
    if (checksum === undefined) return points?.at(-1);
    return points?.find((point) => point.last.file.postApplyChecksum === checksum);
  }

  /** The point that a file ends at. */
  endOf(file: StoredFile): Point | undefined {
    return this.at(file.maxTxid, file.postApplyChecksum);
  }

  #add(last: SourcedFile, rules: Rules): void {
    const { file } = last;
    const way = this.#wayOf(last, rules);
    if (way === undefined) {
      this.unreachable.push(last);
      return;
    }
    const known = this.endOf(file);
    if (known !== undefined) {
      if (isBetter(way, known)) Object.assign(known, way);
      return;
    }
    this.points.push(way);
    const others = this.#byTxid.get(file.maxTxid);
    if (others === undefined) this.#byTxid.set(file.maxTxid, [way]);
    else others.push(way);
  }

  #wayOf(last: SourcedFile, rules: Rules): Point | undefined {
    const { file } = last;
    if (rules.isBase(file)) return { last, previous: null, baseEnd: file.maxTxid, files: 1 };
    const previous = this.at(file.minTxid - 1n, file.preApplyChecksum);
    if (previous === undefined || !rules.follows(previous.last.file, file)) return undefined;
    return { last, previous, baseEnd: previous.baseEnd, files: previous.files + 1 };
  }
}

function isBetter(way: Point, known: Point): boolean {
  if (way.baseEnd !== known.baseEnd) return way.baseEnd > known.baseEnd;
  if (way.files !== known.files) return way.files < known.files;
  return way.last.file.level > known.last.file.level;
}

/** The files from the base to a point, in their order: what a restore of it reads. */
export function wayTo(point: Point): SourcedFile[] {
  const way: SourcedFile[] = [];
  for (let at: Point | null = point; at !== null; at = at.previous) way.push(at.last);
  return way.reverse();
}
