import { CHECKSUM_FLAG, type Checksum, writePageNumber } from './checksum.ts';
import { ChecksumTally } from './checksum-tally.ts';
import { ContentWriter } from './content-writer.ts';
import { LtxError } from './errors.ts';
import { HEADER_BYTES, isSnapshot, type LtxHeader, type LtxTrailer } from './header.ts';
import { encodeHeader } from './header-codec.ts';
import { kernels } from './kernels/index.ts';
import { alignTo8 } from './page-block.ts';
import { PageSequence } from './page-sequence.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';
import { checkPostApply, encodeTrailer } from './trailer.ts';

/** Most bytes of frames that go through scratch memory at once. */
const STEP_BYTES = 262_144;

export interface LtxEncoderOptions {
  /** Called with the checksums of pages as they are added, in a view that is valid within the call. */
  readonly onSums?: (sums: BigUint64Array) => void;
  /** The pieces that are emitted are valid within the call only: whoever copies them anyway saves a copy. */
  readonly lend?: boolean;
}

/**
 * Writes one LTX file: the same bytes for the same input, always, and none that the decoder would refuse. Keeps
 * less than one 64 KiB block.
 */
export class LtxEncoder {
  readonly #header: LtxHeader;
  readonly #emit: (chunk: Uint8Array) => void;
  readonly #onSums: ((sums: BigUint64Array) => void) | undefined;
  readonly #kernels = kernels();
  readonly #frameLength: number;
  readonly #framesPerStep: number;
  readonly #sequence: PageSequence;
  readonly #content: ContentWriter;
  readonly #frame: Uint8Array;
  readonly #tally = new ChecksumTally();
  #crc: bigint;
  #bytesWritten = 0;
  #ended = false;

  /**
   * @param header its flags decide whether the page block is compressed
   * @param emit called with each piece of the file, within the encoder's calls; the receiver owns the pieces
   *   unless they are lent
   * @throws LtxError when the header breaks a rule
   */
  constructor(header: LtxHeader, emit: (chunk: Uint8Array) => void, options: LtxEncoderOptions = {}) {
    this.#header = { ...header };
    this.#emit = emit;
    this.#onSums = options.onSums;
    this.#frameLength = header.pageSize + PAGE_NUMBER_BYTES;
    this.#framesPerStep = Math.max(1, Math.floor(STEP_BYTES / this.#frameLength));
    this.#sequence = new PageSequence(header);
    this.#frame = new Uint8Array(this.#frameLength);
    const bytes = encodeHeader(header);
    this.#crc = this.#crcOf(0n, bytes);
    this.#write(bytes);
    const lend = options.lend ?? false;
    this.#content = new ContentWriter(this.#kernels, header, lend, (chunk) => this.#write(chunk));
  }

  /** Bytes of the file emitted so far. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** The XOR of the checksums of the pages so far: what a snapshot's post-apply checksum must be. */
  get pagesChecksum(): Checksum {
    return this.#tally.checksum;
  }

  /**
   * Adds one page.
   * @throws LtxError when it has another length than a page, or may not follow the one before
   */
  page(pageNumber: number, data: Uint8Array): void {
    if (data.length !== this.#header.pageSize) {
      const message = `page ${pageNumber} has ${data.length} bytes, pages have ${this.#header.pageSize}`;
      throw new LtxError('LTX_PAGE_LENGTH', this.#bytesWritten, message);
    }
    writePageNumber(this.#frame, 0, pageNumber);
    this.#frame.set(data, PAGE_NUMBER_BYTES);
    this.frames(this.#frame, 1);
  }

  /**
   * Adds `count` frames that lie one behind the other: 4-byte page number and page each. The fast path.
   * @throws LtxError when a page may not follow the one before
   */
  frames(frames: Uint8Array, count: number): void {
    if (this.#ended) throw new Error('the LTX file is already ended');
    if (frames.length < count * this.#frameLength) {
      throw new LtxError(
        'LTX_PAGE_LENGTH',
        this.#bytesWritten,
        `${frames.length} bytes are not ${count} frames`,
      );
    }
    for (let first = 0; first < count; first += this.#framesPerStep) {
      const some = Math.min(count - first, this.#framesPerStep);
      const at = first * this.#frameLength;
      this.#takeNumbers(frames, at, some);
      this.#take(frames.subarray(at, at + some * this.#frameLength), some);
    }
  }

  /**
   * Ends the file.
   * @throws LtxError when pages of a snapshot are missing, or the checksum does not fit a snapshot or deletion
   */
  end(postApplyChecksum: Checksum): LtxTrailer {
    if (this.#ended) throw new Error('the LTX file is already ended');
    this.#sequence.finish(this.#bytesWritten);
    const pages = isSnapshot(this.#header) ? this.#tally.checksum : undefined;
    checkPostApply(this.#header, postApplyChecksum, pages, this.#bytesWritten);
    this.#ended = true;
    const marker = new Uint8Array(PAGE_NUMBER_BYTES);
    this.#crc = this.#crcOf(this.#crc, marker);
    this.#content.end(marker);
    const unsummed = encodeTrailer({ postApplyChecksum, fileChecksum: 0n }).subarray(0, 8);
    const trailer = { postApplyChecksum, fileChecksum: CHECKSUM_FLAG | this.#crcOf(this.#crc, unsummed) };
    this.#write(encodeTrailer(trailer));
    return trailer;
  }

  #takeNumbers(frames: Uint8Array, from: number, count: number): void {
    for (let i = 0, at = from; i < count; i++, at += this.#frameLength) {
      const pageNumber =
        ((frames[at]! << 24) | (frames[at + 1]! << 16) | (frames[at + 2]! << 8) | frames[at + 3]!) >>> 0;
      this.#sequence.take(pageNumber, this.#bytesWritten);
    }
  }

  /** Scratch: the frames, their checksums. */
  #take(frames: Uint8Array, count: number): void {
    const sumsAt = alignTo8(frames.length);
    this.#kernels.ensure(sumsAt + count * 8);
    const { memory } = this.#kernels;
    memory.set(frames, 0);
    this.#crc = this.#kernels.pageSums(this.#crc, 0, count, this.#frameLength, sumsAt);
    const sums = new BigUint64Array(memory.buffer, memory.byteOffset + sumsAt, count);
    this.#tally.add(sums);
    this.#onSums?.(sums);
    this.#content.add(frames);
  }

  #crcOf(crc: bigint, bytes: Uint8Array): bigint {
    this.#kernels.ensure(HEADER_BYTES);
    this.#kernels.memory.set(bytes, 0);
    return this.#kernels.crc64(crc, 0, bytes.length);
  }

  #write(chunk: Uint8Array): void {
    this.#bytesWritten += chunk.length;
    this.#emit(chunk);
  }
}
