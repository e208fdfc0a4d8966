import type { PageTarget } from '../../../src/ltx/index.ts';

/** A database file in memory. */
export class BytesTarget implements PageTarget {
  #bytes = Buffer.alloc(1 << 20);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.truncate(Math.max(this.#length, offset + bytes.byteLength));
    this.#bytes.set(bytes, offset);
  }

  truncate(size: number): void {
    if (size > this.#bytes.byteLength) {
      const grown = Buffer.alloc(size * 2);
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    this.#bytes.fill(0, size, Math.max(size, this.#length));
    this.#length = size;
  }
}
