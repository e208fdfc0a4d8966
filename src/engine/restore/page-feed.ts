/** The pages of a database, one after the other, from a stream of its bytes cut anywhere. */
export class PageFeed {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #pageSize: number;
  readonly #onRead: () => void;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** @param onRead called before each chunk is read; what it throws ends the reading */
  constructor(chunks: AsyncIterable<Uint8Array>, pageSize: number, onRead: () => void) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#pageSize = pageSize;
    this.#onRead = onRead;
  }

  /** The next page if it is at hand: asked first, it saves a turn of the event loop for each page. */
  take(): Uint8Array | null {
    const end = this.#at + this.#pageSize;
    if (end > this.#chunk.byteLength) return null;
    const page = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    return page;
  }

  /**
   * Reads on to the next page.
   * @throws Error when the stream is over, or what the stream throws
   */
  async next(): Promise<Uint8Array> {
    for (let page = this.take(); ; page = this.take()) {
      if (page !== null) return page;
      // A copy: the chunk is good only until the next one is asked for.
      const left = this.#chunk.slice(this.#at);
      const read = await this.#read();
      if (read === null) throw new Error('a database ends before its last page');
      this.#chunk = left.byteLength === 0 ? read : Buffer.concat([left, read]);
      this.#at = 0;
    }
  }

  /** Reads what is left: a stream proves what it gave only at its end. */
  async drain(): Promise<void> {
    while ((await this.#read()) !== null);
  }

  async #read(): Promise<Uint8Array | null> {
    this.#onRead();
    const { done, value } = await this.#chunks.next();
    return done ? null : value;
  }
}
