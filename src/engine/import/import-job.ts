import { LfsbError } from '../../errors/index.ts';
import type { LtxHeader } from '../../ltx/index.ts';
import { IMPORT_BUFFER_BYTES, IMPORT_BUFFERS } from './limits.ts';
import type { Encoded, FromImportWorker, Sealed, SumsPart, ToImportWorker } from './messages.ts';

/** A message that is awaited. */
interface Awaiting {
  readonly resolve: (message: FromImportWorker) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One import, as the thread that receives it sees it: bytes go to another thread in buffers that come back, so
 * a body is never read faster than it is encoded. One call at a time.
 */
export class ImportJob {
  readonly id: number;
  readonly #post: (message: ToImportWorker, transfer?: ArrayBuffer[]) => void;
  readonly #free: ArrayBuffer[] = [];
  #allocated = 0;
  #buffer: Uint8Array<ArrayBuffer> | null = null;
  #filled = 0;
  #parts: SumsPart[] = [];
  #awaited: Awaiting | null = null;
  #waitsForBuffer = false;
  #failure: Error | null = null;
  #ended = false;

  constructor(id: number, post: (message: ToImportWorker, transfer?: ArrayBuffer[]) => void) {
    this.id = id;
    this.#post = post;
  }

  /** Page checksums that came since they were last taken, to be staged. */
  takeSums(): SumsPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** Takes the next bytes of the image; `bytes` may be used again afterwards. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      this.#buffer ??= await this.#nextBuffer();
      const some = Math.min(this.#buffer.byteLength - this.#filled, bytes.byteLength - at);
      this.#buffer.set(bytes.subarray(at, at + some), this.#filled);
      this.#filled += some;
      at += some;
      if (this.#filled === this.#buffer.byteLength) this.#send();
    }
  }

  /**
   * The image is whole: encodes what is left of it, and checks it where that was asked for.
   * @throws LfsbError `EBADDATABASE` when the check finds damage
   */
  end(): Promise<Encoded> {
    if (this.#filled > 0) this.#send();
    return this.#ask<'encoded'>({ type: 'end', id: this.id });
  }

  /** Encodes it again with another page 1. */
  recode(journalModeForced: boolean): Promise<Encoded> {
    return this.#ask<'encoded'>({ type: 'recode', id: this.id, journalModeForced });
  }

  /** Gives the file a header and makes it durable. May be done again. */
  seal(header: LtxHeader): Promise<Sealed> {
    return this.#ask<'sealed'>({ type: 'seal', id: this.id, header });
  }

  /**
   * Ends the import, once: unless it is kept nothing of it stays. What a thread that ended left behind, the next
   * start deletes.
   */
  async close(keep: boolean): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = null;
    await this.#ask<'closed'>({ type: 'close', id: this.id, keep });
  }

  receive(message: FromImportWorker): void {
    if (message.type === 'sums') {
      this.#parts.push({ numbers: message.numbers, sums: message.sums });
    } else if (message.type === 'failed') {
      this.#fail(new LfsbError(message.code, message.message, { cause: message.stack }));
    } else if (message.type === 'buffer') {
      this.#free.push(message.buffer);
      if (this.#waitsForBuffer) this.#resolve(message);
    } else {
      this.#resolve(message);
    }
  }

  /** The thread is no more: whatever is asked of it fails. */
  threadEnded(cause: unknown): void {
    this.#ended = true;
    this.#fail(new LfsbError('EINTERNAL', 'the thread that encoded this ended', { cause }));
  }

  async #nextBuffer(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#free.length === 0 && this.#allocated < IMPORT_BUFFERS) {
      this.#allocated++;
      return new Uint8Array(IMPORT_BUFFER_BYTES);
    }
    this.#waitsForBuffer = true;
    while (this.#free.length === 0) await this.#next();
    this.#waitsForBuffer = false;
    return new Uint8Array(this.#free.pop() ?? new ArrayBuffer(IMPORT_BUFFER_BYTES));
  }

  #send(): void {
    const buffer = this.#buffer?.buffer;
    if (buffer === undefined) return;
    this.#post({ type: 'bytes', id: this.id, buffer, length: this.#filled }, [buffer]);
    this.#buffer = null;
    this.#filled = 0;
  }

  /** The answer to a question is of the type that `ToImportWorker` says. */
  async #ask<T extends 'encoded' | 'sealed' | 'closed'>(
    question: ToImportWorker,
  ): Promise<Extract<FromImportWorker, { type: T }>> {
    if (this.#failure !== null) throw this.#failure;
    this.#post(question);
    return (await this.#next()) as Extract<FromImportWorker, { type: T }>;
  }

  #next(): Promise<FromImportWorker> {
    return new Promise((resolve, reject) => {
      this.#awaited = { resolve, reject };
    });
  }

  #resolve(message: FromImportWorker): void {
    const awaited = this.#awaited;
    this.#awaited = null;
    awaited?.resolve(message);
  }

  #fail(error: Error): void {
    this.#failure = error;
    const awaited = this.#awaited;
    this.#awaited = null;
    awaited?.reject(error);
  }
}
