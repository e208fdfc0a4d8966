import { LtxError } from './errors.ts';
import type { PageBatch } from './page-batch.ts';
import type { LtxReader } from './reader.ts';

/** The page number of a cursor that has no page left to give. */
export const NO_PAGE = Number.POSITIVE_INFINITY;

/** Where a merge is in one of its inputs. */
export class MergeCursor {
  /** The next page's number, or `NO_PAGE`. Means nothing while `waiting`. */
  page = NO_PAGE;
  /** The batch at hand is used up and the next one is not here yet. */
  waiting = true;
  /** Where in the batch the next page is. */
  index = 0;

  readonly reader: LtxReader;
  /** The input's place among those that were given. */
  readonly input: number;
  /** Pages above are void: a later input cuts the database there. */
  readonly #pageMax: number;
  #batch: PageBatch | undefined;

  constructor(reader: LtxReader, input: number, pageMax: number) {
    this.reader = reader;
    this.input = input;
    this.#pageMax = pageMax;
  }

  /** The batch that holds the next page. */
  get batch(): PageBatch {
    return this.#batch!;
  }

  /** The index of the first page of the batch, after the current one, that is not below `limit`. */
  runEnd(limit: number): number {
    const { pageNumbers, count } = this.batch;
    const bound = Math.min(limit, this.#pageMax + 1);
    let end = this.index + 1;
    while (end < count && pageNumbers[end]! < bound) end++;
    return end;
  }

  /** Goes on to the page at `index` of the batch, or to the next batch if it is here. */
  moveTo(index: number): void {
    this.index = index;
    if (index < this.batch.count) this.#show();
    else this.#nextBatch();
  }

  /** While `waiting`: waits for the next batch, or for the input's verified end. */
  async load(): Promise<void> {
    try {
      for (this.#nextBatch(); this.waiting; this.#nextBatch()) {
        if (!(await this.reader.fill())) return this.#finish();
      }
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** Reads what is left, for its checksums. */
  async drain(): Promise<void> {
    try {
      while ((await this.reader.next()) !== undefined);
    } catch (error) {
      throw this.#named(error);
    }
  }

  #nextBatch(): void {
    this.waiting = !this.#advance();
    if (this.waiting) return;
    this.#batch = this.reader.batch;
    this.index = 0;
    this.#show();
  }

  #advance(): boolean {
    try {
      return this.reader.advance();
    } catch (error) {
      throw this.#named(error);
    }
  }

  #show(): void {
    const pageNumber = this.batch.pageNumbers[this.index]!;
    this.page = pageNumber <= this.#pageMax ? pageNumber : NO_PAGE;
  }

  #finish(): void {
    this.waiting = false;
    this.page = NO_PAGE;
  }

  #named(error: unknown): unknown {
    return nameInput(error, this.input);
  }
}

/** An error that says which input it came from. */
export function nameInput(error: unknown, input: number): unknown {
  if (!(error instanceof LtxError) || error.input !== undefined) return error;
  return new LtxError(error.code, error.offset, error.message, { cause: error, input });
}
