import { checkContiguous } from './contiguity.ts';
import { LtxError } from './errors.ts';
import type { LtxHeader, LtxTrailer } from './header.ts';
import { MergeCursor, NO_PAGE, nameInput } from './merge-cursor.ts';
import type { PageBatch } from './page-batch.ts';
import { LtxReader } from './reader.ts';

/** Most files that one merge reads at once; more are merged in passes. */
export const MERGE_INPUTS_MAX = 16;

/** What has to be known of files to merge them. */
export interface MergedFiles {
  readonly first: LtxHeader;
  readonly last: LtxHeader;
  /** The smallest size, in pages, that the database has after any of them. */
  readonly lowestCommit: number;
}

/** Takes pages of a merge: those of `batch` from index `from` up to, not including, `to`. */
export type TakePages = (batch: PageBatch, from: number, to: number) => void;

/**
 * The pages of contiguous files in order, the latest of each. A page counts only if no later file cuts the
 * database below it: the pages of a database that shrinks and grows again are those it has grown by.
 */
export class PageMerge implements MergedFiles {
  /** The inputs' headers, in the order of their TXIDs. */
  readonly headers: readonly LtxHeader[];
  readonly #cursors: readonly MergeCursor[];

  private constructor(cursors: readonly MergeCursor[]) {
    this.#cursors = cursors;
    this.headers = cursors.map((cursor) => cursor.reader.header);
  }

  /**
   * Reads the headers of the inputs, in whatever order they are given, and checks that they fit.
   * @throws LtxError, or what a source throws; all sources are then closed
   */
  static async open(
    sources: readonly AsyncIterable<Uint8Array>[],
    inputsMax = MERGE_INPUTS_MAX,
  ): Promise<PageMerge> {
    if (sources.length === 0 || sources.length > inputsMax) {
      const message = `a merge takes 1 to ${inputsMax} inputs, not ${sources.length}`;
      throw new LtxError('LTX_MERGE_INPUTS', 0, message);
    }
    const readers = await openAll(sources);
    try {
      return new PageMerge(cursorsOf(readers));
    } catch (error) {
      await closeAll(readers);
      throw error;
    }
  }

  get first(): LtxHeader {
    return this.headers[0]!;
  }

  get last(): LtxHeader {
    return this.headers.at(-1)!;
  }

  get lowestCommit(): number {
    return Math.min(...this.headers.map((header) => header.commit));
  }

  /**
   * Merges on, without a promise as long as the bytes at hand allow, until `enough` or until bytes are needed.
   * @returns whether there may be more pages
   * @throws LtxError, or what a source throws
   */
  async advance(take: TakePages, enough: () => boolean): Promise<boolean> {
    await Promise.all(this.#cursors.filter((cursor) => cursor.waiting).map((cursor) => cursor.load()));
    while (this.#step(take)) {
      if (enough() || this.#cursors.some((cursor) => cursor.waiting)) return true;
    }
    return false;
  }

  /**
   * Reads what is left of the inputs, and checks that each one's checksum is where the next one begins.
   * @returns the last input's trailer
   * @throws LtxError, or what a source throws
   */
  async finish(): Promise<LtxTrailer> {
    for (const cursor of this.#cursors) await cursor.drain();
    checkContiguous(
      this.#cursors.map(({ input, reader: { header, trailer } }) => ({ input, header, trailer })),
    );
    return this.#cursors.at(-1)!.reader.trailer!;
  }

  /** Lets go of all sources. */
  async close(): Promise<void> {
    await closeAll(this.#cursors.map((cursor) => cursor.reader));
  }

  /** Takes the next run of pages that lies in one input; false when none has any left. */
  #step(take: TakePages): boolean {
    let lowest = NO_PAGE;
    let others = NO_PAGE;
    let winner: MergeCursor | undefined;
    for (const cursor of this.#cursors) {
      if (cursor.page <= lowest) {
        if (cursor.page === NO_PAGE) continue;
        others = lowest;
        lowest = cursor.page;
        winner = cursor;
      } else if (cursor.page < others) {
        others = cursor.page;
      }
    }
    if (winner === undefined) return false;
    // Equal page numbers leave `others` at the winner's own page: a run of one, which the others skip.
    const end = winner.runEnd(others);
    take(winner.batch, winner.index, end);
    for (const cursor of this.#cursors) {
      if (cursor !== winner && cursor.page === lowest) cursor.moveTo(cursor.index + 1);
    }
    winner.moveTo(end);
    return true;
  }
}

/** Opens all sources at once; when one fails, the others are closed. */
async function openAll(sources: readonly AsyncIterable<Uint8Array>[]): Promise<LtxReader[]> {
  const results = await Promise.allSettled(sources.map((source) => LtxReader.open(source)));
  const readers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.findIndex((result) => result.status === 'rejected');
  if (failed < 0) return readers;
  await closeAll(readers);
  throw nameInput((results[failed] as PromiseRejectedResult).reason, failed);
}

function cursorsOf(readers: readonly LtxReader[]): MergeCursor[] {
  const ordered = readers.map((reader, input) => ({ reader, input }));
  ordered.sort((a, b) => compare(a.reader.header.minTxid, b.reader.header.minTxid));
  checkContiguous(ordered.map(({ input, reader: { header } }) => ({ input, header })));
  let pageMax = 0xffff_ffff;
  return ordered
    .reverse()
    .map(({ reader, input }) => {
      pageMax = Math.min(pageMax, reader.header.commit);
      return new MergeCursor(reader, input, pageMax);
    })
    .reverse();
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

/** Closes readers. A source that fails at that takes nothing from what was read and verified. */
async function closeAll(readers: readonly LtxReader[]): Promise<void> {
  await Promise.allSettled(readers.map((reader) => reader.close()));
}
