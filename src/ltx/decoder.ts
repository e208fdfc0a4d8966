import { ByteCollector } from './byte-collector.ts';
import { CHECKSUM_FLAG, type Checksum, EMPTY_CHECKSUM } from './checksum.ts';
import { LtxError } from './errors.ts';
import { HEADER_BYTES, isCompressed, isSnapshot, type LtxHeader, type LtxTrailer } from './header.ts';
import { decodeHeader } from './header-codec.ts';
import { kernels } from './kernels/index.ts';
import { LaterLayoutProbe } from './later-layout.ts';
import { Lz4PageBlock } from './lz4-page-block.ts';
import { PageAssembler } from './page-assembler.ts';
import type { LtxSink } from './page-batch.ts';
import type { PageBlockReader } from './page-block.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';
import { PlainPageBlock } from './plain-page-block.ts';
import { checkPostApply, readTrailer, TRAILER_BYTES } from './trailer.ts';

/**
 * Decodes one LTX file, strictly, from chunks that may be cut anywhere. Every rule of the format is checked as
 * soon as the bytes that decide it are there, and the first one broken ends the decode. Memory stays below a
 * few LZ4 blocks whatever the file claims. Nothing is proven before `end()` returns.
 *
 * A sink may throw; decoder and sink are then of no further use.
 */
export class LtxDecoder {
  readonly #sink: LtxSink;
  readonly #kernels = kernels();
  readonly #field = new ByteCollector(HEADER_BYTES);
  #header: LtxHeader | undefined;
  #trailer: LtxTrailer | undefined;
  #assembler: PageAssembler | undefined;
  #pageBlock: PageBlockReader | undefined;
  #probe: LaterLayoutProbe | undefined;
  #failure: unknown;
  #bytesRead = 0;
  #trailerOffset = 0;

  constructor(sink: LtxSink = {}) {
    this.#sink = sink;
    this.#field.expect(HEADER_BYTES);
  }

  /** The header, once its 100 bytes were there and right. */
  get header(): LtxHeader | undefined {
    return this.#header;
  }

  /** Bytes of the file taken so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Pages decoded so far. */
  get pageCount(): number {
    return this.#assembler?.count ?? 0;
  }

  /** Bytes of the page block decoded so far: whole frames and the end marker. */
  get pageBlockBytes(): number {
    if (this.#header === undefined || this.#assembler === undefined) return 0;
    const frames = this.#assembler.count * (this.#header.pageSize + PAGE_NUMBER_BYTES);
    return frames + (this.#assembler.ended ? PAGE_NUMBER_BYTES : 0);
  }

  /** The XOR of the checksums of the pages so far: of a whole database, its checksum. */
  get pagesChecksum(): Checksum {
    return this.#assembler?.tally.checksum ?? EMPTY_CHECKSUM;
  }

  /**
   * Takes a chunk, which may be used again afterwards.
   * @throws LtxError
   */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) at = this.writeSome(chunk, at);
  }

  /**
   * Takes bytes of `chunk` from index `from` on, at least one (where there is one) and no more than deliver one
   * batch of pages, so that a reader which pulls is not flooded.
   * @returns the index after what was taken
   * @throws LtxError
   */
  writeSome(chunk: Uint8Array, from: number): number {
    if (from >= chunk.length) return from;
    return this.#guard(() => {
      const next = this.#take(chunk, from);
      this.#bytesRead += next - from;
      return next;
    });
  }

  /**
   * Says that the file is over.
   * @throws LtxError `LTX_TRUNCATED` when it is not complete
   */
  end(): LtxTrailer {
    return this.#guard(() => {
      if (this.#trailer !== undefined) return this.#trailer;
      if (this.#header === undefined) decodeHeader(this.#field.bytes);
      throw new LtxError('LTX_TRUNCATED', this.#bytesRead, `the file ends after ${this.#bytesRead} bytes`);
    });
  }

  #take(chunk: Uint8Array, from: number): number {
    if (this.#trailer !== undefined) {
      throw new LtxError('LTX_TRAILING_BYTES', this.#bytesRead, 'bytes follow the trailer');
    }
    this.#probe?.look(chunk, from, this.#bytesRead);
    if (this.#pageBlock !== undefined && !this.#pageBlock.done) {
      return this.#takePages(this.#pageBlock, chunk, from);
    }
    const next = this.#field.take(chunk, from);
    if (this.#field.complete) this.#fieldComplete();
    return next;
  }

  #takePages(pageBlock: PageBlockReader, chunk: Uint8Array, from: number): number {
    const next = pageBlock.write(chunk, from, this.#bytesRead);
    if (pageBlock.done) {
      this.#trailerOffset = this.#bytesRead + next - from;
      this.#field.expect(TRAILER_BYTES);
    }
    return next;
  }

  #fieldComplete(): void {
    if (this.#header === undefined) this.#begin(decodeHeader(this.#field.bytes));
    else this.#trailer = this.#verifyTrailer(this.#header);
  }

  #begin(header: LtxHeader): void {
    this.#header = header;
    this.#kernels.ensure(HEADER_BYTES);
    this.#kernels.memory.set(this.#field.bytes, 0);
    const crc = this.#kernels.crc64(0n, 0, HEADER_BYTES);
    const sink = this.#sink;
    const deliver = sink.pages === undefined ? undefined : sink.pages.bind(sink);
    this.#assembler = new PageAssembler(this.#kernels, header, crc, deliver);
    sink.header?.(header);
    if (isCompressed(header)) {
      this.#pageBlock = new Lz4PageBlock(this.#kernels, header, this.#assembler, (f) => sink.framing?.(f));
    } else {
      this.#probe = new LaterLayoutProbe();
      this.#pageBlock = new PlainPageBlock(this.#kernels, header.pageSize, this.#assembler);
      sink.framing?.({ standard: true });
    }
  }

  #verifyTrailer(header: LtxHeader): LtxTrailer {
    const bytes = this.#field.bytes;
    this.#kernels.ensure(8);
    this.#kernels.memory.set(bytes.subarray(0, 8), 0);
    const fileChecksum = CHECKSUM_FLAG | this.#kernels.crc64(this.#assembler!.crc, 0, 8);
    const trailer = readTrailer(bytes);
    if (trailer.fileChecksum !== fileChecksum) {
      const at = this.#trailerOffset + 8;
      throw new LtxError('LTX_FILE_CHECKSUM', at, 'the file checksum does not fit the content');
    }
    const pages = isSnapshot(header) ? this.pagesChecksum : undefined;
    checkPostApply(header, trailer.postApplyChecksum, pages, this.#trailerOffset);
    return trailer;
  }

  #guard<T>(work: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return work();
    } catch (error) {
      const known = error instanceof LtxError ? (this.#probe?.explain(error) ?? error) : error;
      this.#failure = known;
      throw known;
    }
  }
}
