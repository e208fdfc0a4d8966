import type { Kernels } from './kernels/kernels.ts';
import { frontBytes, type PageAssembler, sumsBytes } from './page-assembler.ts';
import { alignTo8, type PageBlockReader } from './page-block.ts';

/** Most bytes taken at once: as many as an LZ4 block of the standard framing holds. */
const STEP_BYTES = 65_536;

/** A page block that is not compressed. */
export class PlainPageBlock implements PageBlockReader {
  readonly #kernels: Kernels;
  readonly #pageSize: number;
  readonly #assembler: PageAssembler;

  constructor(kernels: Kernels, pageSize: number, assembler: PageAssembler) {
    this.#kernels = kernels;
    this.#pageSize = pageSize;
    this.#assembler = assembler;
  }

  get done(): boolean {
    return this.#assembler.ended;
  }

  write(chunk: Uint8Array, from: number, offset: number): number {
    const length = Math.min(chunk.length - from, STEP_BYTES);
    const at = frontBytes(this.#pageSize);
    const sumsAt = alignTo8(at + length);
    this.#kernels.ensure(sumsAt + sumsBytes(this.#pageSize, at + length));
    this.#kernels.memory.set(chunk.subarray(from, from + length), at);
    return from + this.#assembler.take(at, length, sumsAt, offset, false);
  }
}
