import { CHECKSUM_FLAG, type Checksum } from './checksum.ts';
import type { PageBatch } from './page-batch.ts';

const CHUNK_PAGES = 512;

/**
 * The page checksums of a database, 8 bytes a page that was ever written, and their XOR: what it takes to
 * verify a chain of files that is applied to a target which cannot be read back.
 */
export class PageSumTable {
  /** Checksums in 32-bit halves, low first; zero where there is no page. */
  readonly #chunks = new Map<number, Uint32Array>();
  #low = 0;
  #high = 0;

  /** The database checksum. */
  get checksum(): Checksum {
    return CHECKSUM_FLAG | (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }

  /** Replaces the checksums of the pages of a batch. */
  write(batch: PageBatch): void {
    const { sums, pageNumbers, count } = batch;
    const halves = new Uint32Array(sums.buffer, sums.byteOffset, count * 2);
    for (let i = 0; i < count; i++) {
      const page = pageNumbers[i]! - 1;
      this.#replace(this.#chunk(page), (page % CHUNK_PAGES) * 2, halves[2 * i]!, halves[2 * i + 1]!);
    }
  }

  /** Forgets the pages above `commit`. */
  truncate(commit: number): void {
    for (const [index, chunk] of this.#chunks) {
      const first = index * CHUNK_PAGES;
      if (first + CHUNK_PAGES <= commit) continue;
      for (let page = Math.max(commit - first, 0); page < CHUNK_PAGES; page++)
        this.#replace(chunk, page * 2, 0, 0);
      if (first >= commit) this.#chunks.delete(index);
    }
  }

  #chunk(page: number): Uint32Array {
    const index = Math.floor(page / CHUNK_PAGES);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = new Uint32Array(CHUNK_PAGES * 2);
      this.#chunks.set(index, chunk);
    }
    return chunk;
  }

  #replace(chunk: Uint32Array, at: number, low: number, high: number): void {
    this.#low ^= chunk[at]! ^ low;
    this.#high ^= chunk[at + 1]! ^ high;
    chunk[at] = low;
    chunk[at + 1] = high;
  }
}
