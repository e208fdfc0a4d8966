import {
  frameChecksums,
  type LtxHeader,
  lockPage,
  PAGE_NUMBER_BYTES,
  writePageNumber,
} from '../ltx/index.ts';
import type { Files } from './changes.ts';
import { CursorLostError } from './failure.ts';
import type { Overlay } from './overlay.ts';
import type { StoredDatabase } from './stored-state.ts';
import { nextHeader, type Piece, type SourceTransaction } from './transaction.ts';
import { TransactionEncoder } from './transaction-encoder.ts';
import { isSameGeneration, type WalHeader } from './wal/index.ts';

/** Bytes of a database that are read at once. */
const READ_BYTES = 262_144;

/** A database as it is at one commit: under a reader its main file does not change where the WAL does not say so. */
export interface WholeState {
  readonly files: Files;
  readonly pageSize: number;
  /** Database size in pages. */
  readonly commit: number;
  /** The pages that the main file does not have yet; null when it has all. */
  readonly overlay: Overlay | null;
  /** The WAL that the overlay is of. */
  readonly generation: WalHeader | null;
}

/**
 * All of a database as one transaction, read page after page: a snapshot where nothing is stored to go on from,
 * else the pages that differ from what is stored. Where none does, its file has no pieces but null.
 */
export class Whole implements SourceTransaction {
  readonly kind: 'snapshot' | 'differences';
  readonly header: LtxHeader;
  readonly pieces: Iterable<Piece>;
  pos = { txid: 0n, checksum: 0n };
  pages = 0;
  readonly #whole: WholeState;
  readonly #stored: StoredDatabase;
  #encoder: TransactionEncoder | null = null;

  constructor(whole: WholeState, stored: StoredDatabase, timeMs: number) {
    this.#whole = whole;
    const { state } = stored;
    const { pageSize, commit } = whole;
    this.kind = state.pos === null || state.withheld || state.commit === 0 ? 'snapshot' : 'differences';
    this.#stored = this.kind === 'snapshot' ? { state, sumOf: () => 0n } : stored;
    this.header = nextHeader(state, { pageSize, commit, timeMs }, stored.behind);
    this.pieces = this.#encode();
  }

  *#encode(): Generator<Piece> {
    const { state } = this.#stored;
    const { commit } = this.#whole;
    if (this.kind === 'snapshot' || commit !== state.commit) this.#begun();
    for (const pages of this.#read()) {
      this.#add(pages);
      yield this.#encoder?.take() ?? null;
    }
    if (this.#encoder === null) return;
    if (this.kind === 'differences') this.#encoder.drop(commit + 1, state.commit);
    const { checksum, rest } = this.#encoder.end();
    this.pos = { txid: this.header.maxTxid, checksum };
    this.pages = this.#encoder.pages;
    yield rest;
  }

  #begun(): TransactionEncoder {
    this.#encoder ??= new TransactionEncoder(this.header, this.#stored.sumOf);
    return this.#encoder;
  }

  #add({ numbers, frames, count }: ReadPages): void {
    const { pageSize } = this.#whole;
    const length = pageSize + PAGE_NUMBER_BYTES;
    const isAll = this.kind === 'snapshot';
    const sums = isAll ? null : frameChecksums(frames, count, pageSize);
    for (let i = 0; i < count; i++) {
      const page = numbers[i]!;
      if (sums !== null && sums[i] === this.#stored.sumOf(page)) continue;
      const at = i * length + PAGE_NUMBER_BYTES;
      this.#begun()
        .page(page)
        .set(frames.subarray(at, at + pageSize));
    }
  }

  /** All pages but the lock page, by rising number, some at a time in buffers that are used again. */
  *#read(): Generator<ReadPages> {
    const { files, pageSize, commit, overlay } = this.#whole;
    const lock = lockPage(pageSize);
    const most = Math.max(1, Math.floor(READ_BYTES / pageSize));
    const buffer = new Uint8Array(most * pageSize);
    const frames = new Uint8Array(most * (pageSize + PAGE_NUMBER_BYTES));
    const numbers = new Uint32Array(most);
    for (let first = 1; first <= commit; first += most) {
      const pages = Math.min(most, commit - first + 1);
      files.main.read(buffer.subarray(0, pages * pageSize), (first - 1) * pageSize);
      let count = 0;
      for (let page = first; page < first + pages; page++) {
        if (page === lock) continue;
        const at = count * (pageSize + PAGE_NUMBER_BYTES);
        numbers[count++] = page;
        writePageNumber(frames, at, page);
        const target = frames.subarray(at + PAGE_NUMBER_BYTES, at + PAGE_NUMBER_BYTES + pageSize);
        const frame = overlay?.frameOf(page) ?? -1;
        if (frame >= 0) files.wal.page(frame, target);
        else target.set(buffer.subarray((page - first) * pageSize, (page - first + 1) * pageSize));
      }
      this.#requireUnmoved();
      yield { numbers, frames, count };
    }
  }

  /** Frames of the overlay that were overwritten are told by the header, which is written first. */
  #requireUnmoved(): void {
    const { files, overlay, generation } = this.#whole;
    if (overlay === null || generation === null) return;
    const header = files.wal.header();
    if (header === null || !isSameGeneration(header, generation)) {
      throw new CursorLostError('the WAL was begun anew while the database was read');
    }
  }
}

interface ReadPages {
  readonly numbers: Uint32Array;
  readonly frames: Uint8Array;
  readonly count: number;
}
