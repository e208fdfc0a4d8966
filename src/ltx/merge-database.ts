import { type Checksum, EMPTY_CHECKSUM, formatChecksum } from './checksum.ts';
import { ChecksumTally } from './checksum-tally.ts';
import { LtxError } from './errors.ts';
import type { LtxHeader } from './header.ts';
import { requireBase } from './merge.ts';
import type { PageBatch } from './page-batch.ts';
import { PageCoverage } from './page-coverage.ts';
import { PageMerge } from './page-merge.ts';
import { lockPage } from './page-size.ts';

const CHUNK_BYTES = 262_144;

/** Most files that are merged into a database at once: more than into a file, since no encoder takes memory beside. */
export const DATABASE_INPUTS_MAX = 64;

/**
 * The bytes of the SQLite file that contiguous files add up to, from a snapshot or the first file after a
 * deletion on. The lock page is zeros. Before the last chunk is yielded every input was verified, every page
 * was there, and the XOR of their checksums was the last input's post-apply checksum: a consumer that got all
 * chunks has the database, and one that got an error has not. A chunk stays as it is until the chunk after the next
 * one is asked for.
 *
 * @param sources at most `DATABASE_INPUTS_MAX` files, sorted by TXID here
 * @throws LtxError while iterating, with `input` where one of them is at fault; or what a source throws
 */
export async function* mergeToDatabase(
  sources: readonly AsyncIterable<Uint8Array>[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const merge = await PageMerge.open(sources, DATABASE_INPUTS_MAX);
  try {
    requireBase(merge.first);
    const output = new DatabaseOutput(merge.last);
    const take = output.take.bind(output);
    while (await merge.advance(take, () => output.ready)) yield* output.takeReady();
    const trailer = await merge.finish();
    output.finish(trailer.postApplyChecksum);
    yield* output.takeAll();
  } finally {
    await merge.close();
  }
}

/** Lays pages out as a database file, in chunks, and keeps the last one back. */
class DatabaseOutput {
  readonly #pageSize: number;
  readonly #lockPage: number;
  readonly #commit: number;
  readonly #coverage: PageCoverage;
  readonly #tally = new ChecksumTally();
  readonly #pagesPerChunk: number;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  /** Chunks that were taken, to be filled again: hundreds of megabytes go through a few of them. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  /** The last that was taken may still be in use. */
  #inUse: Uint8Array<ArrayBuffer> | undefined;
  #chunk = new Uint8Array(0);
  #at = 0;
  #pagesLeft: number;

  constructor({ pageSize, commit }: LtxHeader) {
    this.#pageSize = pageSize;
    this.#commit = commit;
    this.#pagesLeft = commit;
    this.#lockPage = lockPage(pageSize);
    this.#coverage = new PageCoverage(pageSize, 0, commit);
    this.#pagesPerChunk = Math.floor(CHUNK_BYTES / pageSize);
  }

  /** Whether there is a chunk to hand out while one is kept back. */
  get ready(): boolean {
    return this.#chunks.length > 1;
  }

  take(batch: PageBatch, from: number, to: number): void {
    this.#coverage.take(batch.pageNumbers, from, to);
    this.#tally.add(batch.sums, from, to);
    for (let i = from; i < to; i++) {
      if (batch.pageNumbers[i] === this.#lockPage + 1) this.#addZeros();
      this.#room().set(batch.page(i), this.#at);
      this.#pageDone();
    }
  }

  *takeReady(): Generator<Uint8Array> {
    while (this.ready) {
      const chunk = this.#chunks.shift()!;
      yield chunk;
      if (this.#inUse !== undefined) this.#free.push(this.#inUse);
      this.#inUse = chunk;
    }
  }

  *takeAll(): Generator<Uint8Array> {
    yield* this.#chunks.splice(0);
  }

  /** @throws LtxError when pages are missing, or the database is not the one that was meant */
  finish(postApply: Checksum): void {
    this.#coverage.finish();
    if (this.#commit === this.#lockPage) this.#addZeros();
    const checksum = this.#commit === 0 ? EMPTY_CHECKSUM : this.#tally.checksum;
    if (checksum !== postApply) {
      const message = `the database has checksum ${formatChecksum(checksum)}, not ${formatChecksum(postApply)}`;
      throw new LtxError('LTX_DATABASE_CHECKSUM', 0, message);
    }
  }

  #addZeros(): void {
    this.#room().fill(0, this.#at, this.#at + this.#pageSize);
    this.#pageDone();
  }

  /** The chunk that takes the next page. */
  #room(): Uint8Array {
    if (this.#at === this.#chunk.length) {
      const bytes = Math.min(this.#pagesPerChunk, this.#pagesLeft) * this.#pageSize;
      this.#chunk = this.#free.pop()?.subarray(0, bytes) ?? new Uint8Array(bytes);
      this.#at = 0;
    }
    return this.#chunk;
  }

  #pageDone(): void {
    this.#at += this.#pageSize;
    this.#pagesLeft--;
    if (this.#at === this.#chunk.length) this.#chunks.push(this.#chunk);
  }
}
