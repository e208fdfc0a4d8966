import { createHash, type Hash } from 'node:crypto';
import type { PageTarget } from '../../src/ltx/index.ts';

const ZEROS = new Uint8Array(1 << 20);

/** What a database holds before anything is written, as the manifest of the golden files says it. */
export interface Base {
  pages: number;
  fill: 'zeros' | 'pattern';
}

/** A database of any size that keeps only what was written: those past 1 GiB fit a test. */
export class SparseDatabase implements PageTarget {
  size: number;
  readonly #pageSize: number;
  readonly #base: Base;
  readonly #written = new Map<number, Uint8Array>();
  #basePages: number;

  constructor(pageSize: number, base: Base = { pages: 0, fill: 'zeros' }) {
    this.#pageSize = pageSize;
    this.#base = base;
    this.#basePages = base.pages;
    this.size = base.pages * pageSize;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.#pageSize) {
      this.#written.set((offset + at) / this.#pageSize + 1, bytes.slice(at, at + this.#pageSize));
    }
    this.size = Math.max(this.size, offset + bytes.length);
  }

  truncate(size: number): void {
    const pages = size / this.#pageSize;
    for (const page of this.#written.keys()) if (page > pages) this.#written.delete(page);
    this.#basePages = Math.min(this.#basePages, pages);
    this.size = size;
  }

  sha256(): string {
    const hash = createHash('sha256');
    let zeros = 0;
    for (let page = 1; page <= this.size / this.#pageSize; page++) {
      const content = this.#page(page);
      if (content === undefined) {
        zeros += this.#pageSize;
        continue;
      }
      hashZeros(hash, zeros);
      zeros = 0;
      hash.update(content);
    }
    hashZeros(hash, zeros);
    return hash.digest('hex');
  }

  #page(page: number): Uint8Array | undefined {
    const written = this.#written.get(page);
    if (written !== undefined || page > this.#basePages || this.#base.fill === 'zeros') return written;
    return patternPage(page, this.#pageSize);
  }
}

/** Page `page` of a database filled with `pattern`: byte i is (i*31 + 7 + page*13) & 255. */
export function patternPage(page: number, pageSize: number): Uint8Array {
  return Uint8Array.from({ length: pageSize }, (_, i) => (i * 31 + 7 + page * 13) & 255);
}

function hashZeros(hash: Hash, count: number): void {
  for (let left = count; left > 0; left -= ZEROS.length)
    hash.update(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
}
