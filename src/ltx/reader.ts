import { LtxDecoder } from './decoder.ts';
import type { LtxHeader, LtxTrailer } from './header.ts';
import type { LtxFraming, PageBatch } from './page-batch.ts';

/**
 * Reads one LTX file on demand. `advance` goes as far as the bytes at hand allow without a promise; `fill` waits
 * for more. Holds one chunk of the source and one batch of pages.
 */
export class LtxReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder: LtxDecoder;
  #framing: LtxFraming | undefined;
  #batch: PageBatch | undefined;
  #trailer: LtxTrailer | undefined;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  private constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
    this.#decoder = new LtxDecoder({
      framing: (framing) => {
        this.#framing = framing;
      },
      pages: (batch) => {
        this.#batch = batch;
      },
    });
  }

  /**
   * Reads a file's header. The source is closed when that fails, else by `close`.
   * @throws LtxError, or what the source throws
   */
  static async open(source: AsyncIterable<Uint8Array>): Promise<LtxReader> {
    const reader = new LtxReader(source);
    try {
      while (reader.#decoder.header === undefined) {
        if (reader.#at < reader.#chunk.length) reader.#writeSome();
        else await reader.fill();
      }
    } catch (error) {
      // What closing says would hide why.
      await reader.close().catch(() => undefined);
      throw error;
    }
    return reader;
  }

  get header(): LtxHeader {
    return this.#decoder.header!;
  }

  /** How the page block is written, as soon as that was read. */
  get framing(): LtxFraming | undefined {
    return this.#framing;
  }

  /** The pages at hand; valid until `advance` or `next` is called. */
  get batch(): PageBatch | undefined {
    return this.#batch;
  }

  /** The trailer, once the whole file was read and found right. */
  get trailer(): LtxTrailer | undefined {
    return this.#trailer;
  }

  get bytesRead(): number {
    return this.#decoder.bytesRead;
  }

  get pageCount(): number {
    return this.#decoder.pageCount;
  }

  /**
   * Goes on to the next batch within the bytes at hand.
   * @returns whether there is one; if not, `fill` and call again
   * @throws LtxError
   */
  advance(): boolean {
    this.#batch = undefined;
    while (this.#at < this.#chunk.length) {
      this.#writeSome();
      if (this.#batch !== undefined) return true;
    }
    return false;
  }

  /**
   * Waits for more bytes.
   * @returns false when the file is over: it is then verified, and `trailer` is set
   * @throws LtxError, or what the source throws
   */
  async fill(): Promise<boolean> {
    if (this.#trailer !== undefined) return false;
    const next = await this.#chunks.next();
    if (next.done) {
      this.#trailer = this.#decoder.end();
      return false;
    }
    this.#chunk = next.value;
    this.#at = 0;
    return true;
  }

  /**
   * The next batch, or undefined when the file is over and verified.
   * @throws LtxError, or what the source throws
   */
  async next(): Promise<PageBatch | undefined> {
    while (!this.advance()) {
      if (!(await this.fill())) return undefined;
    }
    return this.#batch;
  }

  /** Lets go of the source, whether it was read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #writeSome(): void {
    this.#at = this.#decoder.writeSome(this.#chunk, this.#at);
  }
}
