import { ModelDatabase, type Transaction } from '../../support/ltx-fixtures.ts';
import { Random } from '../../support/random.ts';

const PAGES_MAX = 24;

const pagesOf = (bytes: Buffer, pageSize: number): [number, Uint8Array][] =>
  Array.from({ length: bytes.byteLength / pageSize }, (_, i) => [
    i + 1,
    bytes.subarray(i * pageSize, (i + 1) * pageSize),
  ]);

/** A name's life as its primary knows it: what it was at each TXID, and what it sent. */
export class KnownDatabase {
  readonly model: ModelDatabase;
  readonly at = new Map<bigint, Buffer>();
  readonly #random: Random;

  constructor(seed: number, pageSize: number) {
    this.#random = new Random(seed);
    this.model = new ModelDatabase({ pageSize, seed });
  }

  /** A transaction: mostly a page or two, now and then growth, a shrinking as a VACUUM's, or all pages anew. */
  write(timestamp: number): Transaction {
    const random = this.#random;
    const { model } = this;
    const timestampMs = BigInt(timestamp);
    if (model.commitPages === 0 && model.pos.txid > 0n) {
      // Created again, half of the time in another page size.
      const pageSize = random.chance(0.5) ? 1_536 - model.pageSize : model.pageSize;
      return this.#note(
        model.commit({ pageSize, commit: random.int(1, 4), pages: this.#pages(1, pageSize), timestampMs }),
      );
    }
    const kind = random.int(0, 9);
    if (kind === 0) {
      const commit = Math.min(PAGES_MAX, model.commitPages + random.int(1, 10));
      return this.#note(model.commit({ commit, timestampMs }));
    }
    if (kind === 1) {
      // VACUUM: fewer pages, and other content in most of them.
      const commit = Math.max(1, model.commitPages - random.int(1, 8));
      return this.#note(model.commit({ commit, pages: this.#pages(commit, model.pageSize), timestampMs }));
    }
    const pages = this.#pages(Math.max(1, Math.min(model.commitPages, 3)), model.pageSize);
    return this.#note(model.commit({ pages, timestampMs }));
  }

  /** What a restore of a state some transactions back appends: the pages that differ. Null where there is none. */
  restore(back: number, timestamp: number): Transaction | null {
    const { model } = this;
    const { pageSize } = model;
    const target = this.at.get(model.pos.txid - BigInt(back));
    const isOther = target === undefined || target.byteLength === 0 || this.#otherPageSizeSince(back);
    if (model.commitPages === 0 || isOther) return null;
    const commit = target.byteLength / pageSize;
    const pages = pagesOf(target, pageSize).filter(([number, page]) => {
      const now = number > model.commitPages ? undefined : model.pages.get(number);
      return now === undefined || Buffer.compare(now, page) !== 0;
    });
    return this.#note(model.commit({ commit, pages, timestampMs: BigInt(timestamp) }));
  }

  /** What an import appends: all pages, whatever was there before. */
  import(pages: number, timestamp: number): Transaction | null {
    const { model } = this;
    if (model.commitPages === 0) return null;
    const content = this.#pages(pages, model.pageSize);
    return this.#note(model.commit({ commit: pages, pages: content, timestampMs: BigInt(timestamp) }));
  }

  drop(): Transaction | null {
    return this.model.commitPages === 0 ? null : this.#note(this.model.drop());
  }

  /** Whether the name was dropped since, and so may have been created again in another page size. */
  #otherPageSizeSince(back: number): boolean {
    const last = this.model.pos.txid;
    for (let txid = last - BigInt(back); txid < last; txid++)
      if (this.at.get(txid)?.byteLength === 0) return true;
    return false;
  }

  #pages(count: number, pageSize: number): [number, Uint8Array][] {
    return Array.from({ length: count }, (_, i) => [i + 1, this.#random.page(pageSize)]);
  }

  #note(transaction: Transaction): Transaction {
    this.at.set(transaction.pos.txid, Buffer.from(this.model.bytes()));
    return transaction;
  }
}
