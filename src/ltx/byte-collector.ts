/**
 * Gathers an exact number of bytes from chunks that may be cut anywhere. Memory grows with the bytes that have
 * come, never with the number that was claimed.
 */
export class ByteCollector {
  #bytes: Uint8Array;
  #wanted = 0;
  #length = 0;

  constructor(initialCapacity: number) {
    this.#bytes = new Uint8Array(initialCapacity);
  }

  /** Bytes gathered since `expect`. */
  get length(): number {
    return this.#length;
  }

  get complete(): boolean {
    return this.#length === this.#wanted;
  }

  /** The bytes gathered; valid until the next `expect`. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Starts over, for `count` bytes. */
  expect(count: number): void {
    this.#wanted = count;
    this.#length = 0;
  }

  /** Goes on until there are `count` bytes, keeping those that are there. */
  extend(count: number): void {
    this.#wanted = count;
  }

  /** Takes what is missing from `chunk`, as far as it goes, and returns the index after it. */
  take(chunk: Uint8Array, from: number): number {
    const count = Math.min(this.#wanted - this.#length, chunk.length - from);
    this.#reserve(this.#length + count);
    this.#bytes.set(chunk.subarray(from, from + count), this.#length);
    this.#length += count;
    return from + count;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#wanted, Math.max(length, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
