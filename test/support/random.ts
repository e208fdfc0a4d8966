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
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) words[i] = this.next() * 2 ** 32;
    return new Uint8Array(words.buffer, 0, length);
  }

  /** A page such as databases have: zeros, text that repeats, or noise. */
  page(pageSize: number): Uint8Array {
    const kind = this.int(0, 3);
    const page = new Uint8Array(pageSize);
    if (kind === 0) return page;
    if (kind === 1) return this.bytes(pageSize);
    const word = this.bytes(this.int(8, 64));
    for (let at = 0, end = this.int(0, pageSize); at + word.length <= end; at += word.length)
      page.set(word, at);
    return page;
  }
}
