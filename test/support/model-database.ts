import { EMPTY_CHECKSUM, lockPage, type Pos, pageChecksum, toggleChecksums } from '../../src/ltx/index.ts';
import { buildLtx, FIXTURE_TIME_MS } from './ltx-builder.ts';
import { Random } from './random.ts';

/** What one transaction changes. */
export interface Changes {
  /** New contents by page number. The lock page is left out whatever is said of it. */
  pages?: Iterable<readonly [number, Uint8Array]>;
  /** Database size in pages afterwards. Default: as it is, or as large as the pages need. */
  commit?: number;
  timestampMs?: bigint;
  /** Only for the first transaction and the first after a deletion. */
  pageSize?: number;
}

/** A transaction as its primary would send it, and the position after it. */
export interface Transaction {
  ltx: Uint8Array;
  /** The position before it. */
  before: Pos;
  pos: Pos;
  timestampMs: bigint;
}

/**
 * A database and its history, in memory: what a LiteFS primary knows. Each change is one transaction with its
 * LTX file, checksums included; `bytes()` is what any restore of the current position must give.
 */
export class ModelDatabase {
  pageSize: number;
  /** Database size in pages; 0 before the first transaction and after a deletion. */
  commitPages = 0;
  /** The pages, the lock page left out. */
  readonly pages = new Map<number, Uint8Array>();
  readonly transactions: Transaction[] = [];
  pos: Pos = { txid: 0n, checksum: EMPTY_CHECKSUM };
  readonly #random: Random;
  readonly #compress: boolean;
  #timestampMs: bigint;

  constructor(options: { pageSize?: number; seed?: number; compress?: boolean; timestampMs?: bigint } = {}) {
    this.pageSize = options.pageSize ?? 4096;
    this.#random = new Random(options.seed ?? 1);
    this.#compress = options.compress ?? true;
    this.#timestampMs = options.timestampMs ?? FIXTURE_TIME_MS;
  }

  /** The next transaction. Pages that the database grows by and that are not given are zeros. */
  commit(changes: Changes = {}): Transaction {
    if (changes.pageSize !== undefined) this.#setPageSize(changes.pageSize);
    const lock = lockPage(this.pageSize);
    const pages = new Map([...(changes.pages ?? [])].filter(([pageNumber]) => pageNumber !== lock));
    const commit = changes.commit ?? Math.max(this.commitPages, 1, ...pages.keys());
    for (let pageNumber = this.commitPages + 1; pageNumber <= commit; pageNumber++) {
      if (pageNumber !== lock && !pages.has(pageNumber)) pages.set(pageNumber, new Uint8Array(this.pageSize));
    }
    const before = this.pos;
    this.#apply(pages, commit);
    return this.#record(before, pages, changes.timestampMs);
  }

  /** A random transaction: some pages written, now and then the database grown or, unless told not to, shrunk. */
  mutate(options: { pagesMax?: number; changesMax?: number; shrink?: boolean } = {}): Transaction {
    const pagesMax = options.pagesMax ?? 24;
    const random = this.#random;
    const resized = this.commitPages === 0 || random.chance(0.4);
    const least = options.shrink === false ? Math.max(1, this.commitPages) : 1;
    const commit = resized ? random.int(least, Math.max(least, pagesMax)) : this.commitPages;
    const pages = new Map<number, Uint8Array>();
    for (let i = random.int(resized ? 0 : 1, options.changesMax ?? 6); i > 0; i--) {
      pages.set(random.int(1, commit), random.page(this.pageSize));
    }
    return this.commit({ pages, commit });
  }

  /** Deletes the database: a transaction too. */
  drop(): Transaction {
    const before = this.pos;
    this.#apply(new Map(), 0);
    return this.#record(before, new Map(), undefined);
  }

  /** The whole database as one file, from TXID 1 to the current one. */
  snapshot(options: { compress?: boolean } = {}): Uint8Array {
    return buildLtx({
      pageSize: this.pageSize,
      minTxid: 1n,
      maxTxid: this.pos.txid,
      commit: this.commitPages,
      pages: this.pages,
      timestampMs: this.#timestampMs,
      compress: options.compress ?? this.#compress,
    });
  }

  /** The SQLite file, its lock page zeros. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.commitPages * this.pageSize);
    for (const [pageNumber, data] of this.pages) bytes.set(data, (pageNumber - 1) * this.pageSize);
    return bytes;
  }

  #setPageSize(pageSize: number): void {
    if (this.commitPages !== 0) throw new Error('only an empty database can change its page size');
    this.pageSize = pageSize;
  }

  #apply(pages: ReadonlyMap<number, Uint8Array>, commit: number): void {
    let { checksum } = this.pos;
    for (const [pageNumber, data] of this.pages) {
      if (pageNumber <= commit) continue;
      checksum = toggleChecksums(checksum, pageChecksum(pageNumber, data));
      this.pages.delete(pageNumber);
    }
    for (const [pageNumber, data] of pages) {
      const old = this.pages.get(pageNumber);
      if (old !== undefined) checksum = toggleChecksums(checksum, pageChecksum(pageNumber, old));
      checksum = toggleChecksums(checksum, pageChecksum(pageNumber, data));
      this.pages.set(pageNumber, data.slice());
    }
    this.commitPages = commit;
    this.pos = { txid: this.pos.txid + 1n, checksum };
  }

  #record(before: Pos, pages: ReadonlyMap<number, Uint8Array>, timestampMs: bigint | undefined): Transaction {
    this.#timestampMs = timestampMs ?? this.#timestampMs + 1000n;
    const ltx = buildLtx({
      pageSize: this.pageSize,
      minTxid: this.pos.txid,
      commit: this.commitPages,
      pages,
      pre: this.pos.txid === 1n ? 0n : before.checksum,
      post: this.pos.checksum,
      timestampMs: this.#timestampMs,
      compress: this.#compress,
    });
    const transaction = { ltx, before, pos: this.pos, timestampMs: this.#timestampMs };
    this.transactions.push(transaction);
    return transaction;
  }
}
