import { lockPage } from '../ltx/index.ts';
import type { Batch } from './batch.ts';
import type { MainFile, WalFile } from './database-files.ts';
import { CursorLostError } from './failure.ts';
import type { StoredDatabase } from './stored-state.ts';
import { nextHeader, type Piece, type SourceTransaction } from './transaction.ts';
import { TransactionEncoder } from './transaction-encoder.ts';
import { isSameGeneration, type PageFrames } from './wal/index.ts';

export interface Files {
  readonly main: MainFile;
  readonly wal: WalFile;
}

/** The pages of a batch as one transaction: of those that were written more than once, the last version. */
export class Changes implements SourceTransaction {
  readonly kind = 'changes';
  readonly header;
  readonly pieces: Iterable<Piece>;
  pos = { txid: 0n, checksum: 0n };
  pages = 0;
  readonly #files: Files;
  readonly #stored: StoredDatabase;
  readonly #batch: Batch;

  constructor(files: Files, stored: StoredDatabase, batch: Batch, timeMs: number) {
    this.#files = files;
    this.#stored = stored;
    this.#batch = batch;
    const { header, to } = batch;
    this.header = nextHeader(stored.state, { pageSize: header.pageSize, commit: to.commit, timeMs });
    this.pieces = this.#encode();
  }

  *#encode(): Generator<Piece> {
    const { state, sumOf } = this.#stored;
    const { commit } = this.header;
    const encoder = new TransactionEncoder(this.header, sumOf);
    for (const { page, frame } of this.#latest(state.commit)) {
      this.#read(page, frame, encoder.page(page));
      const piece = encoder.take();
      if (piece !== null) yield piece;
    }
    encoder.drop(commit + 1, state.commit);
    this.#requireUnmoved();
    const { checksum, rest } = encoder.end();
    this.pos = { txid: this.header.maxTxid, checksum };
    this.pages = encoder.pages;
    yield rest;
  }

  /** By rising number: pages with the frame that holds them, -1 where the main file does. */
  *#latest(before: number): Generator<{ page: number; frame: number }> {
    const { commit, pageSize } = this.header;
    const listed = this.#withGrown(before);
    const lock = lockPage(pageSize);
    let i = 0;
    for (; i < listed.count && listed.pages[i]! <= before; i++) {
      if (listed.pages[i] !== lock) yield { page: listed.pages[i]!, frame: listed.frames[i]! };
    }
    for (let page = before + 1; page <= commit; page++) {
      const frame = listed.pages[i] === page ? listed.frames[i++]! : -1;
      if (page !== lock) yield { page, frame };
    }
  }

  /**
   * Where the database grew by pages that are not in the batch, they are looked for in earlier frames of the
   * WAL, where one is that was dropped before and is part of the database again.
   */
  #withGrown(before: number): PageFrames {
    const { frames, from, header } = this.#batch;
    const { commit, pageSize } = this.header;
    const listed = frames.latest(commit);
    const grown = listed.count - lowerBound(listed, before + 1);
    if (grown === Math.max(0, commit - before)) return listed;
    for (let frame = 0; frame < from.frames; frame++) {
      const earlier = this.#files.wal.frameHeader(frame, pageSize);
      if (earlier === null || !isSameGeneration(earlier, header)) throw moved();
      if (earlier.page > before && earlier.page <= commit) frames.add(earlier.page, frame);
    }
    return frames.latest(commit);
  }

  #read(page: number, frame: number, target: Uint8Array): void {
    if (frame >= 0) this.#files.wal.page(frame, target);
    else this.#files.main.read(target, (page - 1) * target.byteLength);
  }

  /** Frames that were overwritten while they were read are told by the header, which is written first. */
  #requireUnmoved(): void {
    const header = this.#files.wal.header();
    if (header === null || !isSameGeneration(header, this.#batch.header)) throw moved();
  }
}

const moved = (): CursorLostError => new CursorLostError('the WAL was begun anew while it was read');

/** Index of the first listed page that is not below `page`. */
function lowerBound({ pages, count }: PageFrames, page: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pages[middle]! < page) low = middle + 1;
    else high = middle;
  }
  return low;
}
