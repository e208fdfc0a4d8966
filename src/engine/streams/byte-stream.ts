import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { LfsbError } from '../../errors/index.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Sends a message to the worker that makes the bytes. */
export type PostToWorker = (message: ToWorker, transfer?: ArrayBuffer[]) => void;

/** Bytes that a worker makes, on the side of the thread that sends them to a client. */
export class ByteStream {
  readonly id: number;
  /** The stream's size where it is known, once the worker is ready to send. */
  readonly ready: Promise<number | null>;
  readonly #post: PostToWorker;
  readonly #onClose: () => void;
  readonly #chunks: Array<Extract<FromWorker, { type: 'chunk' }>> = [];
  #resolveReady!: (sizeBytes: number | null) => void;
  #rejectReady!: (error: Error) => void;
  #outcome: 'open' | 'ended' | Error = 'open';
  #wake: (() => void) | null = null;

  constructor(id: number, post: PostToWorker, onClose: () => void) {
    this.id = id;
    this.#post = post;
    this.#onClose = onClose;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => {});
  }

  receive(message: FromWorker): void {
    if (message.type === 'ready') this.#resolveReady(message.sizeBytes);
    else if (message.type === 'chunk') {
      this.#chunks.push(message);
      if (message.isLast) this.#close('ended');
    } else if (message.type === 'end') this.#close('ended');
    else if (message.type === 'failed') {
      this.fail(new LfsbError(message.code, message.message, { cause: message.stack }));
    }
    this.#wake?.();
  }

  /** The stream cannot go on. */
  fail(error: Error): void {
    this.#rejectReady(error);
    this.#close(error);
    this.#wake?.();
  }

  /** Nobody wants it any more. */
  cancel(): void {
    if (this.#outcome !== 'open') return;
    this.#post({ type: 'cancel', id: this.id });
    this.fail(new LfsbError('EINCOMPLETE', 'the client left before the end'));
  }

  /**
   * Writes everything to `destination`, at its pace, and ends it. Where that fails the destination is
   * destroyed, so that nobody takes what it got for the whole.
   * @throws LfsbError what the worker failed with, or `EINCOMPLETE` when the destination is gone
   */
  async pump(destination: Writable): Promise<void> {
    const gone = (): void => this.cancel();
    destination.once('close', gone);
    this.#post({ type: 'start', id: this.id });
    try {
      for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) {
        await write(destination, new Uint8Array(chunk.buffer, 0, chunk.length));
        this.#post({ type: 'taken', id: this.id, buffer: chunk.buffer }, [chunk.buffer]);
      }
      destination.end();
      await finished(destination, { readable: false });
    } catch (error) {
      destination.destroy();
      this.cancel();
      throw error;
    } finally {
      destination.off('close', gone);
    }
  }

  async #next(): Promise<Extract<FromWorker, { type: 'chunk' }> | null> {
    for (;;) {
      if (this.#outcome instanceof Error) throw this.#outcome;
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return chunk;
      if (this.#outcome === 'ended') return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  #close(outcome: 'ended' | Error): void {
    if (this.#outcome !== 'open') return;
    this.#outcome = outcome;
    this.#onClose();
  }
}

/** Resolves when the bytes have left for the socket: only then may their buffer be filled again. */
const write = (destination: Writable, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    const left = (error?: Error | null): void => (error ? reject(leftEarly(error)) : resolve());
    if (destination.destroyed) reject(leftEarly());
    else destination.write(bytes, left);
  });

const leftEarly = (cause?: Error): LfsbError =>
  new LfsbError('EINCOMPLETE', 'the client left before the end', cause === undefined ? {} : { cause });
