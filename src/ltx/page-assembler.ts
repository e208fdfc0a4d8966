import { ChecksumTally } from './checksum-tally.ts';
import { LtxError } from './errors.ts';
import type { LtxHeader } from './header.ts';
import type { Kernels } from './kernels/kernels.ts';
import { type PageBatch, ReusedBatch } from './page-batch.ts';
import { PageSequence } from './page-sequence.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';

/** Scratch memory in front of the content given to `take`: there the assembler puts what it kept back. */
export function frontBytes(pageSize: number): number {
  return pageSize + PAGE_NUMBER_BYTES;
}

/** Scratch memory that the checksums of the pages in `contentBytes` take, with what was kept back in front. */
export function sumsBytes(pageSize: number, contentBytes: number): number {
  return (Math.floor(contentBytes / (pageSize + PAGE_NUMBER_BYTES)) + 1) * 8;
}

/**
 * Cuts the content of a page block into pages, whatever pieces it comes in, checks their numbers and takes all
 * checksums in one pass. Keeps less than one frame between calls.
 */
export class PageAssembler {
  /** Pages so far. */
  count = 0;
  /** Whether the end marker was seen. */
  ended = false;
  /** The file CRC as far as pages and end marker were read, without the flag. */
  crc: bigint;
  /** The checksums of all pages. */
  readonly tally = new ChecksumTally();

  readonly #kernels: Kernels;
  readonly #frameLength: number;
  readonly #sequence: PageSequence;
  readonly #batch: ReusedBatch;
  readonly #deliver: ((batch: PageBatch) => void) | undefined;
  readonly #kept: Uint8Array;
  #keptLength = 0;

  constructor(
    kernels: Kernels,
    header: LtxHeader,
    crc: bigint,
    deliver: ((batch: PageBatch) => void) | undefined,
  ) {
    this.#kernels = kernels;
    this.crc = crc;
    this.#frameLength = header.pageSize + PAGE_NUMBER_BYTES;
    this.#sequence = new PageSequence(header);
    this.#batch = new ReusedBatch(header.pageSize);
    this.#deliver = deliver;
    this.#kept = new Uint8Array(this.#frameLength);
  }

  /**
   * Takes `length` bytes of content at `at` of the scratch memory, with `frontBytes` free in front of it and
   * room for `sumsBytes` at `sumsAt` (a multiple of 8), and delivers the pages that are complete.
   *
   * @param offset byte offset in the file to name in errors: that of the content's first byte, or, when
   *   `compressed`, that of the LZ4 block it came from
   * @returns how many of the bytes belong to the page block: fewer than `length` when it ends within them
   * @throws LtxError
   */
  take(at: number, length: number, sumsAt: number, offset: number, compressed: boolean): number {
    const kept = this.#keptLength;
    if (kept >= PAGE_NUMBER_BYTES && kept + length < this.#frameLength) {
      this.#keep(at, length);
      return length;
    }
    const start = at - kept;
    const { memory } = this.#kernels;
    memory.set(this.#kept.subarray(0, kept), start);
    this.#keptLength = 0;
    const end = at + length;
    const first = compressed ? offset : offset - kept;
    const step = compressed ? 0 : this.#frameLength;
    const count = this.#countFrames(memory, start, end, first, step, kept >= PAGE_NUMBER_BYTES);
    const rest = start + count * this.#frameLength;
    if (count > 0) this.#sumFrames(memory, start, count, sumsAt);
    const used = this.ended ? this.#finish(rest, first + count * step) - at : length;
    if (!this.ended) this.#keep(rest, end - rest);
    // Last, because a sink may use the scratch memory itself.
    if (count > 0) this.#deliver?.(this.#batch);
    return used;
  }

  /** Reads every page number that is there, and returns how many frames are complete. */
  #countFrames(
    memory: Uint8Array,
    start: number,
    end: number,
    offset: number,
    offsetStep: number,
    firstIsTaken: boolean,
  ): number {
    const numbers = this.#batch.numbersFor(Math.floor((end - start) / this.#frameLength) + 1);
    let count = 0;
    let at = start;
    let where = offset;
    while (end - at >= PAGE_NUMBER_BYTES) {
      const pageNumber =
        ((memory[at]! << 24) | (memory[at + 1]! << 16) | (memory[at + 2]! << 8) | memory[at + 3]!) >>> 0;
      if (pageNumber === 0) {
        this.ended = true;
        break;
      }
      if (count > 0 || !firstIsTaken) this.#sequence.take(pageNumber, where);
      if (end - at < this.#frameLength) break;
      numbers[count++] = pageNumber;
      at += this.#frameLength;
      where += offsetStep;
    }
    return count;
  }

  #sumFrames(memory: Uint8Array, at: number, count: number, sumsAt: number): void {
    this.crc = this.#kernels.pageSums(this.crc, at, count, this.#frameLength, sumsAt);
    this.count += count;
    this.tally.add(new BigUint64Array(memory.buffer, memory.byteOffset + sumsAt, count));
    if (this.#deliver !== undefined) this.#batch.load(memory, count, at, sumsAt);
  }

  /** Takes the end marker at `at`, and returns where it ends. */
  #finish(at: number, offset: number): number {
    this.crc = this.#kernels.crc64(this.crc, at, PAGE_NUMBER_BYTES);
    this.#sequence.finish(offset);
    return at + PAGE_NUMBER_BYTES;
  }

  #keep(at: number, length: number): void {
    this.#kept.set(this.#kernels.memory.subarray(at, at + length), this.#keptLength);
    this.#keptLength += length;
  }

  /** @throws LtxError when the page block's content is over and its end marker was not seen */
  requireEnded(offset: number): void {
    if (!this.ended) {
      throw new LtxError('LTX_PAGE_BLOCK', offset, 'the page block ends without its end marker');
    }
  }
}
