import { ByteCollector } from './byte-collector.ts';
import { LtxError, type LtxErrorCode } from './errors.ts';
import type { LtxHeader } from './header.ts';
import type { Kernels } from './kernels/kernels.ts';
import { Lz4BlockDecoder } from './lz4-block-decoder.ts';
import {
  LZ4_FRAME_START_BYTES,
  LZ4_RAW_BLOCK,
  type Lz4Descriptor,
  lz4FrameStartLength,
  readLz4Descriptor,
} from './lz4-descriptor.ts';
import type { PageAssembler } from './page-assembler.ts';
import type { LtxFraming } from './page-batch.ts';
import type { PageBlockReader } from './page-block.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';

const SIZE_FIELD_BYTES = 4;
const CHECKSUM_BYTES = 4;

/** What is being gathered. `start` and `descriptor` are one piece whose first bytes tell its length. */
type State = 'start' | 'descriptor' | 'size' | 'block' | 'checksum' | 'done';

/**
 * A page block that is one LZ4 frame, by every descriptor that the frame format allows. Holds one compressed
 * block at most, and decodes none before all of it is there.
 */
export class Lz4PageBlock implements PageBlockReader {
  readonly #kernels: Kernels;
  readonly #header: LtxHeader;
  readonly #assembler: PageAssembler;
  readonly #framing: (framing: LtxFraming) => void;
  readonly #field = new ByteCollector(16);
  readonly #block = new ByteCollector(0);
  #state: State = 'start';
  #descriptor: Lz4Descriptor | undefined;
  #decoder: Lz4BlockDecoder | undefined;
  #blockLength = 0;
  #blockIsRaw = false;
  #blockOffset = 0;
  #contentBytes = 0;

  constructor(
    kernels: Kernels,
    header: LtxHeader,
    assembler: PageAssembler,
    framing: (framing: LtxFraming) => void,
  ) {
    this.#kernels = kernels;
    this.#header = header;
    this.#assembler = assembler;
    this.#framing = framing;
    this.#field.expect(LZ4_FRAME_START_BYTES);
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  write(chunk: Uint8Array, from: number, offset: number): number {
    return this.#state === 'block' ? this.#writeBlock(chunk, from) : this.#writeField(chunk, from, offset);
  }

  #writeField(chunk: Uint8Array, from: number, offset: number): number {
    const fieldOffset = offset - this.#field.length;
    const next = this.#field.take(chunk, from);
    if (this.#field.complete) this.#fieldComplete(this.#field.bytes, fieldOffset);
    return next;
  }

  #fieldComplete(bytes: Uint8Array, offset: number): void {
    switch (this.#state) {
      case 'start':
        this.#state = 'descriptor';
        this.#field.extend(lz4FrameStartLength(bytes, offset));
        break;
      case 'descriptor':
        this.#begin(readLz4Descriptor(this.#kernels, bytes, offset), offset);
        break;
      case 'size':
        if (readU32(bytes) === 0) this.#endMark(offset);
        else this.#beginBlock(readU32(bytes), offset);
        break;
      default:
        if (readU32(bytes) !== this.#decoder!.contentChecksum()) {
          throw new LtxError('LTX_LZ4_CHECKSUM', offset, "the LZ4 content's checksum is wrong");
        }
        this.#state = 'done';
    }
  }

  #begin(descriptor: Lz4Descriptor, offset: number): void {
    if (descriptor.contentSize !== 0n) this.#checkPromisedSize(descriptor.contentSize, offset);
    this.#descriptor = descriptor;
    this.#decoder = new Lz4BlockDecoder(this.#kernels, descriptor, this.#header.pageSize);
    this.#expect('size', SIZE_FIELD_BYTES);
    this.#framing({ standard: descriptor.standard });
  }

  /** A size that no page block of this file can have is refused before any of it is read. */
  #checkPromisedSize(size: bigint, offset: number): void {
    const frame = BigInt(this.#header.pageSize + PAGE_NUMBER_BYTES);
    const pages = (size - BigInt(PAGE_NUMBER_BYTES)) / frame;
    const whole = (size - BigInt(PAGE_NUMBER_BYTES)) % frame === 0n;
    if (!whole || pages > BigInt(this.#header.commit)) {
      const at = offset + LZ4_FRAME_START_BYTES;
      throw new LtxError('LTX_LZ4_CONTENT_SIZE', at, `no page block of this file has ${size} bytes`);
    }
  }

  #beginBlock(field: number, offset: number): void {
    const { blockBytesMax, blockChecksums } = this.#descriptor!;
    this.#blockIsRaw = field >= LZ4_RAW_BLOCK;
    this.#blockLength = this.#blockIsRaw ? field - LZ4_RAW_BLOCK : field;
    this.#blockOffset = offset;
    if (this.#assembler.ended) this.#refuse('LTX_PAGE_BLOCK', 'a block follows the end marker');
    if (this.#blockLength === 0) this.#refuse('LTX_LZ4_BLOCK', 'an LZ4 block is empty');
    if (this.#blockLength > blockBytesMax) {
      this.#refuse(
        'LTX_LZ4_BLOCK',
        `an LZ4 block of ${this.#blockLength} bytes, ${blockBytesMax} are allowed`,
      );
    }
    this.#block.expect(this.#blockLength + (blockChecksums ? CHECKSUM_BYTES : 0));
    this.#state = 'block';
  }

  #writeBlock(chunk: Uint8Array, from: number): number {
    const wanted = this.#blockLength + (this.#descriptor!.blockChecksums ? CHECKSUM_BYTES : 0);
    let next = from + wanted;
    let stored: Uint8Array;
    if (this.#block.length === 0 && next <= chunk.length) {
      stored = chunk.subarray(from, next);
    } else {
      next = this.#block.take(chunk, from);
      if (!this.#block.complete) return next;
      stored = this.#block.bytes;
    }
    this.#expect('size', SIZE_FIELD_BYTES);
    this.#decodeBlock(stored);
    return next;
  }

  #decodeBlock(stored: Uint8Array): void {
    const decoder = this.#decoder!;
    const length = decoder.decode(stored, this.#blockLength, this.#blockIsRaw, this.#blockOffset);
    this.#contentBytes += length;
    const promised = this.#descriptor!.contentSize;
    if (promised !== 0n && this.#contentBytes > promised) {
      this.#refuse('LTX_LZ4_CONTENT_SIZE', `more content than the ${promised} bytes promised`);
    }
    const used = this.#assembler.take(decoder.contentAt, length, decoder.sumsAt, this.#blockOffset, true);
    if (used < length) this.#refuse('LTX_PAGE_BLOCK', `${length - used} bytes follow the end marker`);
  }

  #endMark(offset: number): void {
    const { contentSize, contentChecksum } = this.#descriptor!;
    this.#assembler.requireEnded(offset);
    if (contentSize !== 0n && BigInt(this.#contentBytes) !== contentSize) {
      const message = `${this.#contentBytes} bytes of content, ${contentSize} were promised`;
      throw new LtxError('LTX_LZ4_CONTENT_SIZE', offset, message);
    }
    if (contentChecksum) this.#expect('checksum', CHECKSUM_BYTES);
    else this.#state = 'done';
  }

  #expect(state: State, bytes: number): void {
    this.#state = state;
    this.#field.expect(bytes);
  }

  #refuse(code: LtxErrorCode, message: string): never {
    throw new LtxError(code, this.#blockOffset, message);
  }
}

function readU32(bytes: Uint8Array): number {
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}
