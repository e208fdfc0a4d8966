import { LtxError } from './errors.ts';
import { lockPage } from './page-size.ts';

/** Proves that a merge gives every page of a range, the lock page aside. */
export class PageCoverage {
  readonly #last: number;
  readonly #lockPage: number;
  #next: number;

  /** @param above the page before the range; `last` is the last one in it */
  constructor(pageSize: number, above: number, last: number) {
    this.#lockPage = lockPage(pageSize);
    this.#last = last;
    this.#next = this.#skipLock(above + 1);
  }

  /** @throws LtxError `LTX_PAGE_MISSING` when the pages, in order, leave one of the range out */
  take(pageNumbers: Uint32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const pageNumber = pageNumbers[i]!;
      if (pageNumber < this.#next) continue;
      if (pageNumber > this.#next) throw this.#missing();
      this.#next = this.#skipLock(pageNumber + 1);
    }
  }

  /** @throws LtxError `LTX_PAGE_MISSING` when the range is not complete */
  finish(): void {
    if (this.#next <= this.#last) throw this.#missing();
  }

  #skipLock(pageNumber: number): number {
    return pageNumber === this.#lockPage ? pageNumber + 1 : pageNumber;
  }

  #missing(): LtxError {
    return new LtxError('LTX_PAGE_MISSING', 0, `no input holds page ${this.#next} of ${this.#last}`);
  }
}
