import { LtxEncoder, pageChecksum, toggleChecksums } from '../../dist/src/ltx/index.js';
import { PAGE_BYTES, page } from './fixture.mjs';

/** SQLite locks bytes of it, and no file has it: the page at 1 GiB. */
const LOCK_PAGE = 2 ** 30 / PAGE_BYTES + 1;

const FIRST_TIME_MS = 1_705_532_400_000n;

/** A database of any size, and files of changes to it, made as they are written: 8 bytes a page are held. */
export class LongChain {
  txid = 0n;
  checksum = 0n;
  pages;
  #sums;
  #page = Buffer.alloc(PAGE_BYTES);

  constructor(pages) {
    this.pages = pages;
    this.#sums = new BigUint64Array(pages + 1);
  }

  get timestampMs() {
    return FIRST_TIME_MS + this.txid * 1000n;
  }

  /** The next file: `count` pages spread over all, a quarter of each of which does not compress. */
  next(count, emit) {
    const before = this.checksum;
    this.txid++;
    const header = {
      flags: 1,
      pageSize: PAGE_BYTES,
      commit: this.pages,
      minTxid: this.txid,
      maxTxid: this.txid,
      timestampMs: this.timestampMs,
      preApplyChecksum: before,
      walOffset: 0n,
      walSize: 0n,
      walSalt1: 0,
      walSalt2: 0,
      nodeId: 0n,
    };
    const encoder = new LtxEncoder(header, emit);
    const step = this.pages / count;
    for (let i = 0; i < count; i++) this.#write(encoder, 1 + Math.floor(i * step));
    if (before === 0n) this.checksum = encoder.pagesChecksum;
    encoder.end(this.checksum);
  }

  #write(encoder, number) {
    if (number === LOCK_PAGE) return;
    encoder.page(number, page(this.#page, number));
    const sum = pageChecksum(number, this.#page);
    if (this.checksum !== 0n) this.checksum = toggleChecksums(this.checksum, this.#sums[number], sum);
    this.#sums[number] = sum;
  }
}
