import { checkContiguous } from './contiguity.ts';
import { LtxDecoder } from './decoder.ts';
import { LtxEncoder } from './encoder.ts';
import { FrameStore } from './frame-store.ts';
import type { LtxHeader, LtxTrailer } from './header.ts';
import { coverageOf, type MergeOptions, mergedHeader } from './merge.ts';

/**
 * Merges contiguous files that are given whole, one after the other: each is laid over those before it, page by
 * page. For any number of small files, of which a k-way merge would have to go over most pages again and again.
 * Memory is that of the pages that are there in the end, and no file is left out of any check.
 */
export class LtxFold {
  readonly #frames = new FrameStore();
  #first: LtxHeader | null = null;
  #last: { readonly header: LtxHeader; readonly trailer: LtxTrailer } | null = null;
  #lowestCommit = 0;
  #count = 0;

  /** Files so far. */
  get count(): number {
    return this.#count;
  }

  /** What the pages take, bytes. */
  get sizeBytes(): number {
    return this.#frames.sizeBytes;
  }

  /**
   * Lays the next file over what is there. After an error the fold is of no further use but to `clear`.
   * @throws LtxError; with `input` where the file does not continue the one before it
   */
  add(file: Uint8Array): void {
    const decoder = new LtxDecoder({
      header: (header) => this.#begin(header),
      pages: (batch) => {
        for (let i = 0; i < batch.count; i++) this.#frames.set(batch.pageNumbers[i]!, batch.page(i));
      },
    });
    decoder.write(file);
    const trailer = decoder.end();
    this.#last = { header: decoder.header!, trailer };
    this.#count++;
  }

  /** The merged file, as `mergeLtx` gives it; all its pieces are the receiver's. */
  *chunks(options: MergeOptions): Generator<Uint8Array> {
    if (this.#first === null || this.#last === null) throw new Error('a fold of no files');
    const { header, trailer } = this.#last;
    const files = { first: this.#first, last: header, lowestCommit: this.#lowestCommit };
    let chunks: Uint8Array[] = [];
    const encoder = new LtxEncoder(mergedHeader(files, options), (chunk) => chunks.push(chunk));
    const coverage = coverageOf(files, options.asSnapshot === true);
    const pageNumbers = this.#frames.pageNumbers();
    coverage.take(pageNumbers, 0, pageNumbers.length);
    coverage.finish();
    for (const pageNumber of pageNumbers) {
      encoder.frames(this.#frames.frame(pageNumber), 1);
      if (chunks.length === 0) continue;
      yield* chunks;
      chunks = [];
    }
    encoder.end(trailer.postApplyChecksum);
    yield* chunks;
  }

  /** Forgets all files. The memory stays, for the next ones. */
  clear(): void {
    this.#frames.clear();
    this.#first = null;
    this.#last = null;
    this.#count = 0;
  }

  /** What a file cuts off is void, also where the database grows again later. */
  #begin(header: LtxHeader): void {
    if (this.#first === null || this.#last === null) {
      this.#first = header;
      this.#lowestCommit = header.commit;
      this.#frames.begin(header.pageSize);
      return;
    }
    checkContiguous([this.#last, { header, input: this.#count }]);
    if (header.commit < this.#last.header.commit) this.#frames.cut(header.commit);
    this.#lowestCommit = Math.min(this.#lowestCommit, header.commit);
  }
}
