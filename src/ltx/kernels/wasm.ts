import { KERNELS_WASM_BASE64 } from './binary.generated.ts';
import type { Kernels } from './kernels.ts';
import { LZ4_SLACK_BYTES, XXH32_STATE_BYTES } from './kernels.ts';
import { requireEncodable, requireRange } from './scratch.ts';

const WASM_PAGE_BYTES = 65_536;
const CHECKSUM_BYTES = 8;

/** What src/ltx/kernels/assembly/index.ts exports; addresses are those of the WebAssembly memory. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  scratchStart(): number;
  crc64(crc: bigint, at: number, length: number): bigint;
  pageSums(crc: bigint, at: number, count: number, frameLength: number, sumsAt: number): bigint;
  xxh32Begin(state: number): void;
  xxh32Update(state: number, at: number, length: number): void;
  xxh32Digest(state: number): number;
  lz4Decode(from: number, length: number, to: number, max: number, windowStart: number): number;
  lz4Encode(from: number, length: number, to: number): number;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(): Exports {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS_WASM_BASE64, 'base64'));
  return new WebAssembly.Instance(compiled).exports as unknown as Exports;
}

/**
 * The kernels in WebAssembly. The scratch memory begins behind the module's own tables and ends before a margin
 * of LZ4_SLACK_BYTES: no offset a caller can pass reaches the tables, and the encoder may read past its input.
 */
class WasmKernels implements Kernels {
  memory: Uint8Array;
  readonly #wasm = instantiate();
  readonly #start = this.#wasm.scratchStart();

  constructor() {
    this.memory = this.#view();
  }

  ensure(bytes: number): void {
    if (bytes <= this.memory.length) return;
    requireRange(SCRATCH_BYTES_MAX, 0, bytes);
    const wanted = Math.min(Math.max(bytes, this.memory.length * 2), SCRATCH_BYTES_MAX);
    const { memory } = this.#wasm;
    const missing = this.#start + wanted + LZ4_SLACK_BYTES - memory.buffer.byteLength;
    memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
    this.memory = this.#view();
  }

  crc64(crc: bigint, at: number, length: number): bigint {
    return BigInt.asUintN(64, this.#wasm.crc64(crc, this.#at(at, length), length));
  }

  pageSums(crc: bigint, at: number, count: number, frameLength: number, sumsAt: number): bigint {
    const frames = this.#at(at, count * frameLength);
    const sums = this.#at(sumsAt, count * CHECKSUM_BYTES);
    return BigInt.asUintN(64, this.#wasm.pageSums(crc, frames, count, frameLength, sums));
  }

  xxh32Begin(state: number): void {
    this.#wasm.xxh32Begin(this.#at(state, XXH32_STATE_BYTES));
  }

  xxh32Update(state: number, at: number, length: number): void {
    this.#wasm.xxh32Update(this.#at(state, XXH32_STATE_BYTES), this.#at(at, length), length);
  }

  xxh32Digest(state: number): number {
    return this.#wasm.xxh32Digest(this.#at(state, XXH32_STATE_BYTES)) >>> 0;
  }

  lz4Decode(from: number, length: number, to: number, max: number, windowStart: number): number {
    const input = this.#at(from, length + LZ4_SLACK_BYTES);
    const output = this.#at(to, max + LZ4_SLACK_BYTES);
    requireRange(to, windowStart, 0);
    return this.#wasm.lz4Decode(input, length, output, max, this.#start + windowStart);
  }

  lz4Encode(from: number, length: number, to: number): number {
    requireEncodable(length);
    return this.#wasm.lz4Encode(this.#at(from, length), length, this.#at(to, length + LZ4_SLACK_BYTES));
  }

  #view(): Uint8Array {
    const { buffer } = this.#wasm.memory;
    return new Uint8Array(buffer, this.#start, buffer.byteLength - this.#start - LZ4_SLACK_BYTES);
  }

  #at(at: number, length: number): number {
    requireRange(this.memory.length, at, length);
    return this.#start + at;
  }
}

/** Longest scratch memory, in bytes: far from where 32-bit addresses would wrap around. */
export const SCRATCH_BYTES_MAX = 2 ** 30;

/**
 * Kernels in WebAssembly with SIMD, with a scratch memory of their own. The module is compiled once a thread;
 * the memory grows on `ensure`, at most to SCRATCH_BYTES_MAX, and is never given back.
 */
export function createWasmKernels(): Kernels {
  return new WasmKernels();
}
