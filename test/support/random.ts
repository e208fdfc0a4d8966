/** A source of numbers that is the same for the same seed (mulberry32): a failing test can be run again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Noise that does not compress. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(0, 255));
  }

  /** A page such as databases have: zeros, text that repeats, or noise. */
  page(pageSize: number): Uint8Array {
    const kind = this.int(0, 3);
    if (kind === 0) return new Uint8Array(pageSize);
    if (kind === 1) return this.bytes(pageSize);
    const words = this.bytes(this.int(8, 64));
    const at = this.int(0, pageSize - 1);
    return Uint8Array.from({ length: pageSize }, (_, i) => (i < at ? words[i % words.length]! : 0));
  }
}
