import { LtxFold } from '../../ltx/index.ts';

/** Has one merge go on at a time, and keeps the memory that the next one uses again. */
export class MergeSeat {
  readonly #fold = new LtxFold();
  #last: Promise<unknown> = Promise.resolve();

  /** Does work once what came before it is done; passes its outcome on. */
  take<T>(work: (fold: LtxFold) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => work(this.#fold));
    this.#last = done.catch(() => undefined);
    return done;
  }
}
