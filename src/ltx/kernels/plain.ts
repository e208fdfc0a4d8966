import type { Kernels } from './kernels.ts';
import { LZ4_SLACK_BYTES, XXH32_STATE_BYTES } from './kernels.ts';
import { plainCrc64 } from './plain-crc64.ts';
import { plainLz4Decode, plainLz4Encode } from './plain-lz4.ts';
import { plainXxh32Begin, plainXxh32Digest, plainXxh32Update } from './plain-xxh32.ts';
import { requireEncodable, requireRange } from './scratch.ts';

const CHECKSUM_FLAG = 1n << 63n;
const CHECKSUM_BYTES = 8;

/** The kernels in simple JavaScript: the measure of the fast ones, a byte at a time and easy to read. */
class PlainKernels implements Kernels {
  memory = new Uint8Array(0);

  ensure(bytes: number): void {
    if (bytes <= this.memory.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.memory.length * 2));
    grown.set(this.memory);
    this.memory = grown;
  }

  crc64(crc: bigint, at: number, length: number): bigint {
    return plainCrc64(crc, this.#slice(at, length));
  }

  pageSums(crc: bigint, at: number, count: number, frameLength: number, sumsAt: number): bigint {
    const frames = this.#slice(at, count * frameLength);
    const sums = this.#view(sumsAt, count * CHECKSUM_BYTES);
    let running = crc;
    for (let index = 0; index < count; index++) {
      const frame = frames.subarray(index * frameLength, (index + 1) * frameLength);
      sums.setBigUint64(index * CHECKSUM_BYTES, CHECKSUM_FLAG | plainCrc64(0n, frame), true);
      running = plainCrc64(running, frame);
    }
    return running;
  }

  xxh32Begin(state: number): void {
    plainXxh32Begin(this.#view(state, XXH32_STATE_BYTES));
  }

  xxh32Update(state: number, at: number, length: number): void {
    plainXxh32Update(this.#view(state, XXH32_STATE_BYTES), this.#slice(at, length));
  }

  xxh32Digest(state: number): number {
    return plainXxh32Digest(this.#view(state, XXH32_STATE_BYTES));
  }

  lz4Decode(from: number, length: number, to: number, max: number, windowStart: number): number {
    requireRange(this.memory.length, from, length + LZ4_SLACK_BYTES);
    requireRange(this.memory.length, to, max + LZ4_SLACK_BYTES);
    requireRange(to, windowStart, 0);
    return plainLz4Decode(this.memory, from, length, to, max, windowStart);
  }

  lz4Encode(from: number, length: number, to: number): number {
    requireEncodable(length);
    return plainLz4Encode(this.#slice(from, length), this.#slice(to, length + LZ4_SLACK_BYTES));
  }

  #slice(at: number, length: number): Uint8Array {
    requireRange(this.memory.length, at, length);
    return this.memory.subarray(at, at + length);
  }

  #view(at: number, length: number): DataView {
    requireRange(this.memory.length, at, length);
    return new DataView(this.memory.buffer, this.memory.byteOffset + at, length);
  }
}

/** Kernels in plain JavaScript, with a scratch memory of their own, empty at first. */
export function createPlainKernels(): Kernels {
  return new PlainKernels();
}
