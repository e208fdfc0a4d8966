import { LtxError } from './errors.ts';
import { isSnapshot, type LtxHeader } from './header.ts';
import { lockPage } from './page-size.ts';

/**
 * The rules for the page numbers of one file: a snapshot holds every page from 1 to commit in order, any other
 * file holds rising numbers up to commit, and neither holds the lock page.
 */
export class PageSequence {
  readonly #commit: number;
  readonly #lockPage: number;
  readonly #snapshot: boolean;
  #last = 0;

  constructor(header: LtxHeader) {
    this.#commit = header.commit;
    this.#lockPage = lockPage(header.pageSize);
    this.#snapshot = isSnapshot(header);
  }

  /** @throws LtxError when the page may not follow; `offset` is the byte offset to name */
  take(pageNumber: number, offset: number): void {
    const allowed = this.#snapshot
      ? pageNumber === this.#next() && pageNumber <= this.#commit
      : pageNumber > this.#last && pageNumber <= this.#commit && pageNumber !== this.#lockPage;
    if (!allowed) throw this.#refusal(pageNumber, offset);
    this.#last = pageNumber;
  }

  /** @throws LtxError when pages of a snapshot are missing at its end */
  finish(offset: number): void {
    if (this.#snapshot && this.#next() <= this.#commit) {
      throw new LtxError(
        'LTX_SNAPSHOT_PAGES',
        offset,
        `the snapshot ends after page ${this.#last} of ${this.#commit}`,
      );
    }
  }

  #next(): number {
    const next = this.#last + 1;
    return next === this.#lockPage ? next + 1 : next;
  }

  #refusal(pageNumber: number, offset: number): LtxError {
    if (this.#commit === 0) return new LtxError('LTX_DELETION_PAGES', offset, 'a deletion holds a page');
    if (pageNumber === this.#lockPage) {
      return new LtxError('LTX_LOCK_PAGE', offset, `page ${pageNumber} is the lock page`);
    }
    if (pageNumber > this.#commit) {
      return new LtxError('LTX_PAGE_BOUNDS', offset, `page ${pageNumber} is above commit ${this.#commit}`);
    }
    if (pageNumber <= this.#last || !this.#snapshot) {
      return new LtxError('LTX_PAGE_ORDER', offset, `page ${pageNumber} after page ${this.#last}`);
    }
    return new LtxError(
      'LTX_SNAPSHOT_PAGES',
      offset,
      `the snapshot lacks page ${this.#next()}: ${pageNumber} comes after ${this.#last}`,
    );
  }
}
