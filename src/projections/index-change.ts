import { CHECKSUM_FLAG, type Checksum } from '../ltx/index.ts';
import { type Chunk, type ContentIndex, PAGES_PER_CHUNK } from './content-index.ts';

/** Changed chunks kept between computing and storing, 4 KiB each; a larger change reads them twice. */
export const HELD_CHUNKS_MAX = 256;

/** Page numbers in rising order, and the checksum of each. */
export interface PageSet {
  readonly numbers: Uint32Array;
  readonly sums: BigUint64Array;
}

/** One transaction as the content index sees it. */
export interface IndexChangeOptions {
  readonly index: ContentIndex;
  /** The generation to change, or null for a whole database that replaces what is there. */
  readonly generation: number | null;
  /** Database size in pages before and after. */
  readonly before: number;
  readonly after: number;
  /** The pages of the file, in rising order; gone through once, or twice when the change is large. */
  readonly pages: () => Iterable<PageSet>;
}

/** Works out what a transaction does to the database checksum, and stores it once it is accepted. */
export class IndexChange {
  readonly #options: IndexChangeOptions;
  readonly #held = new Map<number, Chunk>();
  #complete = true;

  constructor(options: IndexChangeOptions) {
    this.#options = options;
  }

  /** The checksum after the change, given the one before it, and how many pages lie above the old size. */
  measure(checksumBefore: Checksum): { computedChecksum: Checksum; grownPages: number } {
    let xor = checksumBefore;
    const change = (old: bigint, sum: bigint): void => {
      xor ^= old ^ sum;
    };
    const grownPages = this.#go(this.#options.generation, change, this.#hold);
    return { computedChecksum: xor | CHECKSUM_FLAG, grownPages };
  }

  /** Writes the change to a generation: the one that was measured, or an empty one for a whole database. */
  store(generation: number): void {
    const { index, after } = this.#options;
    const write = (number: number, chunk: Chunk): void => {
      if (number * PAGES_PER_CHUNK >= after) index.remove(generation, number);
      else index.write(generation, number, chunk);
    };
    if (this.#complete) for (const [number, chunk] of this.#held) write(number, chunk);
    else this.#go(generation, () => {}, write);
  }

  readonly #hold = (number: number, chunk: Chunk): void => {
    if (this.#held.size < HELD_CHUNKS_MAX) this.#held.set(number, chunk);
    else this.#complete = false;
  };

  /** Goes through the changed chunks in rising order; `change` sees each checksum that another takes over. */
  #go(
    generation: number | null,
    change: (old: bigint, sum: bigint) => void,
    done: (number: number, chunk: Chunk) => void,
  ): number {
    const { index, before, after, pages } = this.#options;
    let grown = 0;
    let number = -1;
    let chunk: Chunk = new BigUint64Array(0);
    const turnTo = (next: number): void => {
      if (next === number) return;
      if (number >= 0) done(number, chunk);
      number = next;
      chunk = generation === null ? new BigUint64Array(PAGES_PER_CHUNK) : index.read(generation, next);
    };
    const put = (page: number, sum: bigint): void => {
      turnTo(Math.floor((page - 1) / PAGES_PER_CHUNK));
      const slot = (page - 1) % PAGES_PER_CHUNK;
      change(chunk[slot] ?? 0n, sum);
      chunk[slot] = sum;
    };
    for (const { numbers, sums } of pages()) {
      for (let i = 0; i < numbers.length; i++) {
        const page = numbers[i] ?? 0;
        if (page > before) grown++;
        put(page, sums[i] ?? 0n);
      }
    }
    for (let page = after + 1; page <= before; page++) put(page, 0n);
    if (number >= 0) done(number, chunk);
    return grown;
  }
}
