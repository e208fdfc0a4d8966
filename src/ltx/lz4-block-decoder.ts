import { LtxError } from './errors.ts';
import type { Kernels } from './kernels/kernels.ts';
import { LZ4_SLACK_BYTES, XXH32_STATE_BYTES } from './kernels/kernels.ts';
import type { Lz4Descriptor } from './lz4-descriptor.ts';
import { frontBytes, sumsBytes } from './page-assembler.ts';
import { alignTo8 } from './page-block.ts';

const STATE_AT = 0;
const WINDOW_BYTES = 65_536;
const BLOCK_CHECKSUM_BYTES = 4;

/**
 * Decodes the blocks of one LZ4 frame into scratch memory, and keeps what reaches from one block to the next:
 * the content's hash and, for linked blocks, the last 64 KiB.
 *
 * Scratch: hash state, page checksums, room in front, content, stored block.
 */
export class Lz4BlockDecoder {
  /** Where in scratch memory `decode` leaves the content, with `frontBytes` free in front of it. */
  readonly contentAt: number;
  /** Where in scratch memory the content's page checksums may go. */
  readonly sumsAt = XXH32_STATE_BYTES;

  readonly #kernels: Kernels;
  readonly #descriptor: Lz4Descriptor;
  readonly #storedAt: number;
  readonly #scratchBytes: number;
  readonly #hashState = new Uint8Array(XXH32_STATE_BYTES);
  readonly #window: Uint8Array;
  #windowLength = 0;

  constructor(kernels: Kernels, descriptor: Lz4Descriptor, pageSize: number) {
    const max = descriptor.blockBytesMax;
    const front = Math.max(frontBytes(pageSize), descriptor.linked ? WINDOW_BYTES : 0);
    this.#kernels = kernels;
    this.#descriptor = descriptor;
    this.#window = new Uint8Array(descriptor.linked ? WINDOW_BYTES : 0);
    this.contentAt = alignTo8(this.sumsAt + sumsBytes(pageSize, front + max)) + front;
    this.#storedAt = this.contentAt + max + LZ4_SLACK_BYTES;
    this.#scratchBytes = this.#storedAt + max + BLOCK_CHECKSUM_BYTES + LZ4_SLACK_BYTES;
    kernels.ensure(this.#scratchBytes);
    kernels.xxh32Begin(STATE_AT);
    this.#saveHash();
  }

  /**
   * Decodes a block of `length` bytes (its checksum behind it, where there are any) to `contentAt`.
   * @returns the bytes of content, at least one
   * @throws LtxError `LTX_LZ4_CHECKSUM` or `LTX_LZ4_BLOCK`, at `offset`
   */
  decode(stored: Uint8Array, length: number, raw: boolean, offset: number): number {
    const { blockBytesMax, blockChecksums, contentChecksum } = this.#descriptor;
    this.#kernels.ensure(this.#scratchBytes);
    const { memory } = this.#kernels;
    if (blockChecksums) this.#verifyBlock(stored, length, offset);
    let content = length;
    if (raw) {
      memory.set(stored.subarray(0, length), this.contentAt);
    } else {
      memory.set(stored, this.#storedAt);
      memory.set(this.#window.subarray(0, this.#windowLength), this.contentAt - this.#windowLength);
      const windowStart = this.contentAt - this.#windowLength;
      content = this.#kernels.lz4Decode(this.#storedAt, length, this.contentAt, blockBytesMax, windowStart);
      // An empty block is refused too: a file could hold any number of them.
      if (content <= 0) throw new LtxError('LTX_LZ4_BLOCK', offset, 'an LZ4 block is malformed');
    }
    if (contentChecksum) this.#hash(content);
    if (this.#descriptor.linked) this.#remember(content);
    return content;
  }

  /** The xxHash-32 of all content so far. */
  contentChecksum(): number {
    this.#kernels.ensure(this.#scratchBytes);
    this.#kernels.memory.set(this.#hashState, STATE_AT);
    return this.#kernels.xxh32Digest(STATE_AT);
  }

  /** Block checksums are over the bytes as they are stored (LZ4 frame format, "Block checksum"). */
  #verifyBlock(stored: Uint8Array, length: number, offset: number): void {
    this.#kernels.memory.set(stored, this.#storedAt);
    this.#kernels.xxh32Begin(STATE_AT);
    this.#kernels.xxh32Update(STATE_AT, this.#storedAt, length);
    const promised = new DataView(stored.buffer, stored.byteOffset).getUint32(length, true);
    if (this.#kernels.xxh32Digest(STATE_AT) !== promised) {
      throw new LtxError('LTX_LZ4_CHECKSUM', offset, "an LZ4 block's checksum is wrong");
    }
  }

  #hash(length: number): void {
    this.#kernels.memory.set(this.#hashState, STATE_AT);
    this.#kernels.xxh32Update(STATE_AT, this.contentAt, length);
    this.#saveHash();
  }

  #saveHash(): void {
    this.#hashState.set(this.#kernels.memory.subarray(STATE_AT, STATE_AT + XXH32_STATE_BYTES));
  }

  #remember(length: number): void {
    const fresh = Math.min(length, WINDOW_BYTES);
    const old = Math.min(this.#windowLength, WINDOW_BYTES - fresh);
    this.#window.copyWithin(0, this.#windowLength - old, this.#windowLength);
    const end = this.contentAt + length;
    this.#window.set(this.#kernels.memory.subarray(end - fresh, end), old);
    this.#windowLength = old + fresh;
  }
}
