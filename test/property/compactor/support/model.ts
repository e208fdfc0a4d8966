import { effectiveTime } from '../../../../src/commands/clock.ts';
import type { StoredFile } from '../../../../src/compactor/types.ts';
import { EMPTY_CHECKSUM, type Txid } from '../../../../src/ltx/index.ts';
import type { Random } from '../../../support/random.ts';

/** Bytes of every transaction: sizes are told by their number. */
export const TRANSACTION_BYTES = 1_000;

export interface ServerClock {
  /** What the wall clock says, ms: wrong while it is not trusted. */
  readonly wall: number;
  readonly trusted: boolean;
}

/** A database's history as the server takes it in, a level-0 file a transaction; contents are their checksum. */
export class ModelDatabase {
  /** Every transaction there ever was, in its order. */
  readonly transactions: StoredFile[] = [];
  readonly #random: Random;
  #pageSize = 4096;

  constructor(random: Random) {
    this.#random = random;
  }

  get newest(): StoredFile | undefined {
    return this.transactions.at(-1);
  }

  /** A transaction (the first one creates the database; one after a deletion re-creates it). */
  write(clock: ServerClock, timestamp: number): StoredFile {
    const newest = this.newest;
    if (newest === undefined) return this.#add(clock, timestamp, 1n, 1n, 0n, this.#checksum());
    if (newest.commit === 0 && this.#random.chance(0.6))
      this.#pageSize = this.#pageSize === 4096 ? 8192 : 4096;
    const txid = newest.maxTxid + 1n;
    const width = BigInt(this.#random.chance(0.1) ? this.#random.int(1, 200) : 0);
    return this.#add(clock, timestamp, txid, txid + width, newest.postApplyChecksum, this.#checksum());
  }

  /** A deletion by the primary: commit 0. */
  drop(clock: ServerClock, timestamp: number): StoredFile {
    const { maxTxid, postApplyChecksum } = this.newest!;
    return this.#add(clock, timestamp, maxTxid + 1n, maxTxid + 1n, postApplyChecksum, EMPTY_CHECKSUM, 0);
  }

  /** A full snapshot takes over, some transactions ahead of what is known. */
  rebase(clock: ServerClock, timestamp: number): StoredFile {
    const max = this.newest!.maxTxid + BigInt(this.#random.int(1, 5));
    return this.#add(clock, timestamp, 1n, max, 0n, this.#checksum());
  }

  #checksum(): bigint {
    return (
      EMPTY_CHECKSUM |
      (BigInt(this.#random.int(1, 2 ** 31)) << 20n) |
      BigInt(this.#random.int(1, 2 ** 20 - 1))
    );
  }

  #add(
    clock: ServerClock,
    timestamp: number,
    minTxid: Txid,
    maxTxid: Txid,
    pre: bigint,
    post: bigint,
    commit = 10,
  ): StoredFile {
    const previous = this.newest?.effectiveTime ?? null;
    const file: StoredFile = {
      level: 0,
      minTxid,
      maxTxid,
      pageSize: this.#pageSize,
      commit,
      preApplyChecksum: pre,
      postApplyChecksum: post,
      effectiveTime: effectiveTime(previous, timestamp, clock),
      receivedAt: clock.wall,
      sizeBytes: TRANSACTION_BYTES,
    };
    this.transactions.push(file);
    return file;
  }
}
