import type { PageBatch } from '../../ltx/index.ts';

const FIRST_CAPACITY = 64;

/** Page numbers and checksums as they are decoded, in rising order, until they are taken. */
export class PageSumBuffer {
  #numbers = new Uint32Array(FIRST_CAPACITY);
  #sums = new BigUint64Array(FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(batch: Pick<PageBatch, 'count' | 'pageNumbers' | 'sums'>): void {
    this.#reserve(this.#count + batch.count);
    this.#numbers.set(batch.pageNumbers.subarray(0, batch.count), this.#count);
    this.#sums.set(batch.sums.subarray(0, batch.count), this.#count);
    this.#count += batch.count;
  }

  /** What was collected, in arrays of their own that may be transferred; the buffer is empty then. */
  take(): { numbers: Uint32Array<ArrayBuffer>; sums: BigUint64Array<ArrayBuffer> } {
    const taken = { numbers: this.#numbers.slice(0, this.#count), sums: this.#sums.slice(0, this.#count) };
    this.#count = 0;
    return taken;
  }

  #reserve(count: number): void {
    if (count <= this.#numbers.length) return;
    const capacity = Math.max(count, this.#numbers.length * 2);
    const numbers = new Uint32Array(capacity);
    const sums = new BigUint64Array(capacity);
    numbers.set(this.#numbers.subarray(0, this.#count));
    sums.set(this.#sums.subarray(0, this.#count));
    this.#numbers = numbers;
    this.#sums = sums;
  }
}
