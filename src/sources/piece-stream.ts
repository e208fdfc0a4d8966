import { Readable } from 'node:stream';

/** The bytes of one transaction, which another thread makes, as the body that the engine reads. */
export class PieceStream {
  readonly body: Readable;
  readonly #onTaken: () => void;
  readonly #pieces: Uint8Array[] = [];
  #end: 'open' | 'whole' | Error = 'open';
  #wake: () => void = () => {};

  /** @param onTaken called when a piece was taken, so that there is room for another */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
    this.body = Readable.from(this.#read(), { objectMode: false });
    // Whoever reads it hears of a failure; where nobody reads any more it is not an unhandled one.
    this.body.on('error', () => {});
  }

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#wake();
  }

  /** No piece follows: the transaction is whole, or broken off. */
  end(failure: Error | null): void {
    this.#end = failure ?? 'whole';
    this.#wake();
  }

  async *#read(): AsyncGenerator<Buffer> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
        this.#onTaken();
      } else if (this.#end instanceof Error) throw this.#end;
      else if (this.#end === 'whole') return;
      else await this.#added();
    }
  }

  #added(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
