const FIRST_CAPACITY = 256;

/** Pages and the frames that hold their last version, by rising page number. */
export interface PageFrames {
  readonly count: number;
  readonly pages: Uint32Array;
  readonly frames: Uint32Array;
}

/** Which pages the frames of a WAL hold: 8 bytes a frame, in the order in which they were written. */
export class FrameList {
  /** Frame in the low half, page in the high one: sorted as one number they are in the order that is wanted. */
  #halves = new Uint32Array(FIRST_CAPACITY * 2);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(page: number, frame: number): void {
    if (this.#count * 2 === this.#halves.length) {
      const grown = new Uint32Array(this.#halves.length * 2);
      grown.set(this.#halves);
      this.#halves = grown;
    }
    this.#halves[this.#count * 2] = frame;
    this.#halves[this.#count * 2 + 1] = page;
    this.#count += 1;
  }

  /** Forgets what was added after the first `count`. */
  cut(count: number): void {
    this.#count = Math.min(count, this.#count);
  }

  /** The last version of each page up to `commit`: what lies above the end of the database is dropped. */
  latest(commit: number): PageFrames {
    const halves = this.#halves.slice(0, this.#count * 2);
    new BigUint64Array(halves.buffer, 0, this.#count).sort();
    const pages = new Uint32Array(this.#count);
    const frames = new Uint32Array(this.#count);
    let count = 0;
    for (let i = 0; i < halves.length; i += 2) {
      const page = halves[i + 1]!;
      if (page > commit) break;
      if (page === halves[i + 3]) continue;
      pages[count] = page;
      frames[count++] = halves[i]!;
    }
    return { count, pages: pages.subarray(0, count), frames: frames.subarray(0, count) };
  }
}
