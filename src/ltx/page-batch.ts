import type { LtxHeader } from './header.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';

/**
 * Some pages of a file, in their order. The arrays are views of buffers that are used again: they are valid
 * until the decoder is called next, so within `LtxSink.pages`, or until a reader is asked for the next batch.
 */
export interface PageBatch {
  readonly count: number;
  /** `count` page numbers. */
  readonly pageNumbers: Uint32Array;
  /** `count` page checksums, flag bit set. */
  readonly sums: BigUint64Array;
  /** The content of the page at index `i`. */
  page(i: number): Uint8Array;
  /** All frames one behind the other: 4-byte page number and page each. */
  frames(): Uint8Array;
}

/** What a file says about how its page block is written. */
export interface LtxFraming {
  /**
   * The page block is plain, or its LZ4 descriptor is the one the reference writes: independent blocks of at
   * most 64 KiB, a content checksum, nothing else. Where blocks are cut is not known before they are read.
   */
  standard: boolean;
}

/** Receives a file while it is decoded. Nothing is proven before the decoder's `end()` returns. */
export interface LtxSink {
  header?(header: LtxHeader): void;
  /** Called once, before any pages. */
  framing?(framing: LtxFraming): void;
  pages?(batch: PageBatch): void;
}

/** The one batch that an assembler fills again and again. */
export class ReusedBatch implements PageBatch {
  count = 0;
  pageNumbers = new Uint32Array(0);
  sums = new BigUint64Array(0);
  readonly #frameLength: number;
  #numbers = new Uint32Array(0);
  #allSums = new BigUint64Array(0);
  #frames = new Uint8Array(0);

  constructor(pageSize: number) {
    this.#frameLength = pageSize + PAGE_NUMBER_BYTES;
  }

  page(i: number): Uint8Array {
    const at = i * this.#frameLength;
    return this.#frames.subarray(at + PAGE_NUMBER_BYTES, at + this.#frameLength);
  }

  frames(): Uint8Array {
    return this.#frames.subarray(0, this.count * this.#frameLength);
  }

  /** Makes room for `count` page numbers, and hands out where they go. */
  numbersFor(count: number): Uint32Array {
    if (this.#numbers.length < count) this.#numbers = new Uint32Array(count);
    return this.#numbers;
  }

  /** Takes over `count` frames at `at` of `memory` and their checksums at `sumsAt`. */
  load(memory: Uint8Array, count: number, at: number, sumsAt: number): void {
    const bytes = count * this.#frameLength;
    if (this.#frames.length < bytes) this.#frames = new Uint8Array(bytes);
    if (this.#allSums.length < count) this.#allSums = new BigUint64Array(count);
    this.#frames.set(memory.subarray(at, at + bytes));
    this.#allSums.set(new BigUint64Array(memory.buffer, memory.byteOffset + sumsAt, count));
    this.count = count;
    this.pageNumbers = this.#numbers.subarray(0, count);
    this.sums = this.#allSums.subarray(0, count);
  }
}
