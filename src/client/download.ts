import type { IncomingMessage } from 'node:http';
import { formatTxid, LtxDecoder, LtxError, type LtxHeader } from '../ltx/index.ts';
import { ClientError } from './errors.ts';
import { transportError } from './transport-errors.ts';
import type { SnapshotFormat } from './types.ts';

const SQLITE_MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const SQLITE_HEADER_BYTES = 100;

/** Looks at the bytes of a download as they pass. */
interface Inspector {
  write(chunk: Buffer): void;
  /** All bytes were there. @throws when they are not right */
  end(): void;
  /** The transaction the file is at, where it says so. */
  readonly txid: string | undefined;
}

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
    const header: LtxHeader | undefined = this.#decoder.header;
    return header && formatTxid(header.maxTxid);
  }
}

/** A SQLite file has no checksum of its own: the server checked it, here its size has to fit its header. */
class SqliteInspector implements Inspector {
  readonly txid = undefined;
  #head = Buffer.alloc(0);
  #size = 0;

  write(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#head.length >= SQLITE_HEADER_BYTES) return;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, SQLITE_HEADER_BYTES - this.#head.length)]);
  }

  end(): void {
    const head = this.#head;
    if (head.length < SQLITE_HEADER_BYTES || !head.subarray(0, SQLITE_MAGIC.length).equals(SQLITE_MAGIC)) {
      throw bad('it is no SQLite database');
    }
    const stored = head.readUInt16BE(16);
    const pageSize = stored === 1 ? 65_536 : stored;
    if (pageSize < 512 || this.#size % pageSize !== 0) {
      throw bad(`${this.#size} bytes are no whole number of pages of ${pageSize}`);
    }
  }
}

const bad = (why: string, cause?: unknown): ClientError =>
  new ClientError('EBADDOWNLOAD', `what was sent is not right: ${why}`, {
    hint: 'do not use it; ask the operator of the server to look into it',
    ...(cause === undefined ? {} : { cause }),
  });

/**
 * A database on its way here. Reading `chunks` to its end proves it: it throws when the answer breaks off, or is
 * not what it has to be, and then nothing that came before may be used.
 */
export class Download {
  /** Bytes in all; undefined where the server does not say. */
  readonly sizeBytes: number | undefined;
  readonly #response: IncomingMessage;
  readonly #endpoint: URL;
  readonly #inspector: Inspector;

  constructor(endpoint: URL, response: IncomingMessage, format: SnapshotFormat) {
    this.#endpoint = endpoint;
    this.#response = response;
    this.#inspector = format === 'ltx' ? new LtxInspector() : new SqliteInspector();
    const length = response.headers['content-length'];
    this.sizeBytes = length === undefined ? undefined : Number(length);
  }

  /** The transaction the database is at, once it was read to its end; a SQLite file does not say. */
  get txid(): string | undefined {
    return this.#inspector.txid;
  }

  /**
   * The bytes, to be read once.
   * @throws ClientError `EBROKEN`, `EBADDOWNLOAD`, `ENOANSWER`
   */
  async *chunks(): AsyncGenerator<Buffer, void> {
    let received = 0;
    try {
      for await (const chunk of this.#response as AsyncIterable<Buffer>) {
        this.#inspector.write(chunk);
        received += chunk.length;
        yield chunk;
      }
      if (this.sizeBytes !== undefined && received !== this.sizeBytes) {
        throw bad(`${received} of ${this.sizeBytes} bytes came`);
      }
      this.#inspector.end();
    } catch (error) {
      throw error instanceof LtxError ? bad(error.message, error) : transportError(this.#endpoint, error);
    } finally {
      this.#response.destroy();
    }
  }
}
