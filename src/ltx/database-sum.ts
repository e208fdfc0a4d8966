import { type Checksum, frameChecksums, writePageNumber } from './checksum.ts';
import { ChecksumTally } from './checksum-tally.ts';
import { lockPage, PAGE_NUMBER_BYTES } from './page-size.ts';

/** Bytes of pages that are summed up at once. */
const BATCH_BYTES = 256 * 1024;

/** The checksum of a SQLite file whose bytes come in pieces of any size; its lock page does not count. */
export class DatabaseSum {
  readonly #pageSize: number;
  readonly #frameBytes: number;
  readonly #lockPage: number;
  readonly #framesMax: number;
  readonly #frames: Uint8Array;
  readonly #tally = new ChecksumTally();
  #page = 1;
  /** Bytes of that page that are there. */
  #filled = 0;
  /** Whole frames that wait. */
  #count = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
    this.#frameBytes = pageSize + PAGE_NUMBER_BYTES;
    this.#lockPage = lockPage(pageSize);
    this.#framesMax = Math.max(1, Math.floor(BATCH_BYTES / pageSize));
    this.#frames = new Uint8Array(this.#framesMax * this.#frameBytes);
  }

  /** Takes the next bytes, which may be used again afterwards. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const some = bytes.subarray(at, at + this.#pageSize - this.#filled);
      const frameAt = this.#count * this.#frameBytes;
      this.#frames.set(some, frameAt + PAGE_NUMBER_BYTES + this.#filled);
      at += some.length;
      this.#filled += some.length;
      if (this.#filled === this.#pageSize) this.#pageDone(frameAt);
    }
  }

  /** The database checksum of the whole pages that came; nothing comes after them. */
  end(): Checksum {
    this.#flush();
    return this.#tally.checksum;
  }

  #pageDone(frameAt: number): void {
    writePageNumber(this.#frames, frameAt, this.#page);
    if (this.#page !== this.#lockPage) this.#count++;
    this.#page++;
    this.#filled = 0;
    if (this.#count === this.#framesMax) this.#flush();
  }

  #flush(): void {
    this.#tally.add(frameChecksums(this.#frames, this.#count, this.#pageSize));
    this.#count = 0;
  }
}
