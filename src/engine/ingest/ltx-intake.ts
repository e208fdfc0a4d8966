import type { Contents, ContentsFault, JournalMode } from '../../commands/ingest.ts';
import { LtxDecoder, LtxEncoder, LtxError, type LtxHeader, type PageBatch } from '../../ltx/index.ts';
import { PageSumBuffer } from './page-sums.ts';
import type { PayloadSink } from './payload-sink.ts';

/** Bytes 18 and 19 of page 1, the file format versions: 2 means WAL (SQLite file format, 1.3.2). */
const WRITE_VERSION_AT = 18;
const READ_VERSION_AT = 19;

/**
 * Decodes and verifies one LTX file as it arrives. The payload keeps the bytes as they came when they are in
 * the reference's framing, and is re-framed otherwise, so that whatever is stored reads in small blocks.
 */
export class LtxIntake {
  readonly sums = new PageSumBuffer();
  readonly #decoder: LtxDecoder;
  readonly #payload: PayloadSink;
  /** Bytes that came before the framing was known. */
  #head: Uint8Array[] = [];
  #encoder: LtxEncoder | null = null;
  #framing: 'unknown' | 'kept' | 'reframed' = 'unknown';
  #journalMode: JournalMode | null = null;
  #fault: ContentsFault | null = null;

  constructor(payload: PayloadSink) {
    this.#payload = payload;
    this.#decoder = new LtxDecoder({
      framing: ({ standard }) => this.#frame(standard),
      pages: (batch) => this.#pages(batch),
    });
  }

  get header(): LtxHeader | null {
    return this.#decoder.header ?? null;
  }

  get journalMode(): JournalMode | null {
    return this.#journalMode;
  }

  /** The first fault found; nothing is decoded after it. */
  get fault(): ContentsFault | null {
    return this.#fault;
  }

  /** True for a framing whose blocks are larger than the reference's: decoding it takes megabytes. */
  get isHeavy(): boolean {
    return this.#framing === 'reframed';
  }

  /**
   * Decodes some of a chunk from `from` on, at most about one block, and returns where to go on. The chunk must
   * stay as it is until the payload was flushed.
   */
  write(chunk: Uint8Array, from: number): number {
    if (this.#fault !== null) return chunk.byteLength;
    try {
      const next = this.#decoder.writeSome(chunk, from);
      this.#keep(chunk.subarray(from, next));
      return next;
    } catch (error) {
      this.#fault = faultOf(error);
      return chunk.byteLength;
    }
  }

  /** The body is complete: what was in it. */
  end(): Contents {
    if (this.#fault === null) {
      try {
        const { postApplyChecksum, fileChecksum } = this.#decoder.end();
        const written = this.#encoder?.end(postApplyChecksum);
        const pages = this.#decoder.pageCount;
        return { ok: true, postApplyChecksum, fileChecksum: written?.fileChecksum ?? fileChecksum, pages };
      } catch (error) {
        this.#fault = faultOf(error);
      }
    }
    return { ok: false, fault: this.#fault };
  }

  #keep(bytes: Uint8Array): void {
    if (this.#framing === 'kept') this.#payload.add(bytes);
    else if (this.#framing === 'unknown') this.#head.push(bytes);
  }

  #frame(standard: boolean): void {
    this.#framing = standard ? 'kept' : 'reframed';
    const head = this.#head;
    this.#head = [];
    if (standard) for (const bytes of head) this.#payload.add(bytes);
    else if (this.header !== null)
      this.#encoder = new LtxEncoder(this.header, (bytes) => this.#payload.add(bytes));
  }

  #pages(batch: PageBatch): void {
    this.sums.add(batch);
    if (batch.pageNumbers[0] === 1) this.#journalMode = journalModeOf(batch.page(0));
    this.#encoder?.frames(batch.frames(), batch.count);
  }
}

const journalModeOf = (page: Uint8Array): JournalMode =>
  page[WRITE_VERSION_AT] === 2 && page[READ_VERSION_AT] === 2 ? 'wal' : 'rollback';

function faultOf(error: unknown): ContentsFault {
  if (!(error instanceof LtxError)) throw error;
  return { code: error.code, message: error.message, offset: error.offset };
}
