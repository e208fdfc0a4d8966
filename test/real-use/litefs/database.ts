import { type Checksum, EMPTY_CHECKSUM, type Pos } from '../../../src/ltx/index.ts';
import { buildLtx } from '../../support/ltx-fixtures.ts';
import { changedPages, checksumOf, pagesOf } from './images.ts';

/** A primary sends at most so many of its files as one. */
export const MERGED_FILES_MAX = 256;

/** Files are kept so long whatever the server has, ms. */
export const FILE_KEPT_MS = 600_000;

/** An LTX file on the primary: one transaction. */
interface LocalFile {
  readonly txid: bigint;
  readonly pages: ReadonlyMap<number, Uint8Array>;
  readonly commit: number;
  readonly pre: Checksum;
  readonly post: Checksum;
  readonly madeAt: number;
}

/** A database as a LiteFS primary has it: its content, its position, and the LTX files it has not deleted. */
export class LocalDatabase {
  readonly name: string;
  readonly pageSize: number;
  /** The SQLite file; empty when it was dropped. */
  image: Uint8Array = new Uint8Array(0);
  pos: Pos = { txid: 0n, checksum: EMPTY_CHECKSUM };
  /** The newest TXID that an answer of 200 has covered, or that came from the server. */
  acknowledged = 0n;
  #files: LocalFile[] = [];

  constructor(name: string, pageSize: number) {
    this.name = name;
    this.pageSize = pageSize;
  }

  /** The application has written: what is in the file now is the next transaction. An empty one is a drop. */
  commit(image: Uint8Array, now: number): void {
    const pages = new Map(
      [...changedPages(this.image, image, this.pageSize)].map(([number, page]) => [number, page.slice()]),
    );
    const pre = this.pos.txid === 0n ? 0n : this.pos.checksum;
    const post = checksumOf(image, this.pageSize);
    const txid = this.pos.txid + 1n;
    this.#files.push({ txid, pages, commit: image.byteLength / this.pageSize, pre, post, madeAt: now });
    this.image = image;
    this.pos = { txid, checksum: post };
  }

  /** Takes the server's state in the place of its own. */
  restore(image: Uint8Array, pos: Pos): void {
    this.image = image;
    this.pos = pos;
    this.acknowledged = pos.txid;
    // What follows goes on from here: older files lead elsewhere.
    this.#files = [];
  }

  /** The whole database as one file, as it is sent to a server that has none: with a node id, and the time of sending. */
  snapshot(now: number): Uint8Array {
    return buildLtx({
      pageSize: this.pageSize,
      minTxid: 1n,
      maxTxid: this.pos.txid,
      commit: this.image.byteLength / this.pageSize,
      pages: pagesOf(this.image, this.pageSize),
      timestampMs: BigInt(now),
      nodeId: 0x2a_0000_0001n,
    });
  }

  /** What follows a TXID, at most 256 files merged into one; null when a file that it takes is not there. */
  merged(after: bigint): Uint8Array | null {
    const files = this.#files.filter(({ txid }) => txid > after).slice(0, MERGED_FILES_MAX);
    const [first, last] = [files[0], files.at(-1)];
    if (first === undefined || last === undefined || first.txid !== after + 1n) return null;
    const pages = new Map<number, Uint8Array>();
    for (const file of files) for (const [number, page] of file.pages) pages.set(number, page);
    for (const number of pages.keys()) if (number > last.commit) pages.delete(number);
    return buildLtx({
      pageSize: this.pageSize,
      minTxid: first.txid,
      maxTxid: last.txid,
      commit: last.commit,
      pages,
      pre: first.pre,
      post: last.post,
      timestampMs: BigInt(last.madeAt),
    });
  }

  /** Deletes the files that are old enough and that the server has in long-term storage. */
  trim(highWaterMark: bigint, now: number): void {
    this.#files = this.#files.filter(
      ({ txid, madeAt }) => txid >= highWaterMark || now - madeAt <= FILE_KEPT_MS,
    );
  }

  get files(): number {
    return this.#files.length;
  }
}
