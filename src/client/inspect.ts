import {
  type Checksum,
  DatabaseSum,
  formatChecksum,
  formatTxid,
  isPageSize,
  LtxDecoder,
} from '../ltx/index.ts';
import { ClientError } from './errors.ts';
import type { SnapshotFormat } from './types.ts';

const SQLITE_MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const SQLITE_HEADER_BYTES = 100;

/** Looks at the bytes of a download as they pass. */
export interface Inspector {
  write(chunk: Buffer): void;
  /** All bytes were there. @throws when they are not right */
  end(): void;
  /** The transaction the file is at, where that is known. */
  readonly txid: string | undefined;
}

/** What a SQLite file has to be, as the server names it. */
export interface NamedPoint {
  readonly txid: string;
  readonly checksum: Checksum;
}

export const inspectorOf = (format: SnapshotFormat, point: NamedPoint | undefined): Inspector =>
  format === 'ltx' ? new LtxInspector() : new SqliteInspector(point);

/** An LTX file proves itself: every rule of the format, to the checksum of the database. */
class LtxInspector implements Inspector {
  readonly #decoder = new LtxDecoder();

  write(chunk: Buffer): void {
    this.#decoder.write(chunk);
  }

  end(): void {
    this.#decoder.end();
  }

  get txid(): string | undefined {
    const header = this.#decoder.header;
    return header && formatTxid(header.maxTxid);
  }
}

/**
 * A SQLite file has no checksum of its own: its size has to fit its header, and its pages the checksum of the point
 * that the server says it is.
 */
class SqliteInspector implements Inspector {
  readonly #point: NamedPoint | undefined;
  #head = Buffer.alloc(0);
  #size = 0;
  #sum: DatabaseSum | undefined;

  constructor(point: NamedPoint | undefined) {
    this.#point = point;
  }

  get txid(): string | undefined {
    return this.#point?.txid;
  }

  write(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#head.length >= SQLITE_HEADER_BYTES) this.#sum?.add(chunk);
    else this.#begin(Buffer.concat([this.#head, chunk]));
  }

  #begin(head: Buffer<ArrayBuffer>): void {
    this.#head = head;
    const pageSize = pageSizeOf(head);
    if (head.length < SQLITE_HEADER_BYTES || !isPageSize(pageSize)) return;
    this.#sum = new DatabaseSum(pageSize);
    this.#sum.add(head);
    this.#head = Buffer.from(head.subarray(0, SQLITE_HEADER_BYTES));
  }

  end(): void {
    const head = this.#head;
    if (this.#sum === undefined || !head.subarray(0, SQLITE_MAGIC.length).equals(SQLITE_MAGIC)) {
      throw badDownload('it is no SQLite database');
    }
    const pageSize = pageSizeOf(head);
    if (this.#size % pageSize !== 0) {
      throw badDownload(`${this.#size} bytes are no whole number of pages of ${pageSize}`);
    }
    const checksum = this.#sum.end();
    if (this.#point === undefined || checksum === this.#point.checksum) return;
    const due = formatChecksum(this.#point.checksum);
    throw badDownload(`its pages have the checksum ${formatChecksum(checksum)}, not ${due}`);
  }
}

const pageSizeOf = (head: Buffer): number => {
  const stored = head.length < SQLITE_HEADER_BYTES ? 0 : head.readUInt16BE(16);
  return stored === 1 ? 65_536 : stored;
};

/** What came whole, and is not what it has to be. */
export const badDownload = (why: string, cause?: unknown): ClientError =>
  new ClientError('EBADDOWNLOAD', `what was sent is not right: ${why}`, {
    hint: 'do not use it; ask the operator of the server to look into it',
    ...(cause === undefined ? {} : { cause }),
  });
