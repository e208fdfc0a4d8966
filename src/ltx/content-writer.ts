import { isCompressed, type LtxHeader } from './header.ts';
import type { Kernels } from './kernels/kernels.ts';
import { LZ4_SLACK_BYTES, XXH32_STATE_BYTES } from './kernels/kernels.ts';
import { LZ4_RAW_BLOCK, LZ4_STANDARD_FRAME_START } from './lz4-descriptor.ts';

/** The reference cuts the page block into LZ4 blocks of this many bytes, whatever the page boundaries. */
const BLOCK_BYTES = 65_536;
const SIZE_FIELD_BYTES = 4;

const STATE_AT = 0;
const BLOCK_AT = XXH32_STATE_BYTES;
const SIZE_AT = BLOCK_AT + BLOCK_BYTES + LZ4_SLACK_BYTES;
const ENCODED_AT = SIZE_AT + SIZE_FIELD_BYTES;
const SCRATCH_BYTES = ENCODED_AT + BLOCK_BYTES + LZ4_SLACK_BYTES;

/** Writes a page block's content in blocks of 64 KiB: as the LZ4 frame of the reference, or as it is. */
export class ContentWriter {
  readonly #kernels: Kernels;
  readonly #emit: (chunk: Uint8Array) => void;
  readonly #compressed: boolean;
  readonly #lend: boolean;
  readonly #hashState = new Uint8Array(XXH32_STATE_BYTES);
  readonly #pending = new Uint8Array(BLOCK_BYTES);
  #pendingLength = 0;

  /** @param lend whether the pieces that are emitted are valid within the call only */
  constructor(kernels: Kernels, header: LtxHeader, lend: boolean, emit: (chunk: Uint8Array) => void) {
    this.#kernels = kernels;
    this.#lend = lend;
    this.#emit = emit;
    this.#compressed = isCompressed(header);
    if (!this.#compressed) return;
    kernels.ensure(SCRATCH_BYTES);
    kernels.xxh32Begin(STATE_AT);
    this.#saveHash();
    emit(LZ4_STANDARD_FRAME_START.slice());
  }

  /** Adds content. `bytes` may be used again afterwards. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const some = Math.min(BLOCK_BYTES - this.#pendingLength, bytes.length - at);
      const piece = bytes.subarray(at, at + some);
      at += some;
      if (some === BLOCK_BYTES) {
        this.#block(piece);
        continue;
      }
      this.#pending.set(piece, this.#pendingLength);
      this.#pendingLength += some;
      if (this.#pendingLength === BLOCK_BYTES) this.#flush();
    }
  }

  /** Adds the last of the content and ends the LZ4 frame. */
  end(bytes: Uint8Array): void {
    this.add(bytes);
    this.#flush();
    if (!this.#compressed) return;
    this.#kernels.ensure(SCRATCH_BYTES);
    this.#kernels.memory.set(this.#hashState, STATE_AT);
    const end = new Uint8Array(2 * SIZE_FIELD_BYTES);
    new DataView(end.buffer).setUint32(SIZE_FIELD_BYTES, this.#kernels.xxh32Digest(STATE_AT), true);
    this.#emit(end);
  }

  #flush(): void {
    if (this.#pendingLength === 0) return;
    this.#block(this.#pending.subarray(0, this.#pendingLength));
    this.#pendingLength = 0;
  }

  #block(content: Uint8Array): void {
    if (this.#compressed) this.#encode(content);
    else this.#emit(this.#lend ? content : content.slice());
  }

  /** Scratch: hash state, content, the block's length field and the block as it is stored. */
  #encode(content: Uint8Array): void {
    this.#kernels.ensure(SCRATCH_BYTES);
    const { memory } = this.#kernels;
    memory.set(this.#hashState, STATE_AT);
    memory.set(content, BLOCK_AT);
    this.#kernels.xxh32Update(STATE_AT, BLOCK_AT, content.length);
    this.#saveHash();
    const encoded = this.#kernels.lz4Encode(BLOCK_AT, content.length, ENCODED_AT);
    if (encoded === 0) memory.set(content, ENCODED_AT);
    const length = encoded === 0 ? content.length : encoded;
    const field = encoded === 0 ? content.length + LZ4_RAW_BLOCK : encoded;
    for (let i = 0; i < SIZE_FIELD_BYTES; i++) memory[SIZE_AT + i] = field / 2 ** (8 * i);
    const end = ENCODED_AT + length;
    this.#emit(this.#lend ? memory.subarray(SIZE_AT, end) : memory.slice(SIZE_AT, end));
  }

  #saveHash(): void {
    this.#hashState.set(this.#kernels.memory.subarray(STATE_AT, STATE_AT + XXH32_STATE_BYTES));
  }
}
