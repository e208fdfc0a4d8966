import { Readable } from 'node:stream';
import { LfsbError } from '../../errors/index.ts';
import { type FromWorker, STREAM_CHUNK_BYTES, STREAM_CHUNKS_AHEAD, type ToWorker } from './messages.ts';

/** A stream of bytes that a worker makes, chunk by chunk as they are asked for. */
export class WorkerStream extends Readable {
  readonly id: number;
  /** The stream's size where it is known, once the worker is ready to send. */
  readonly ready: Promise<number | null>;
  readonly #post: (message: ToWorker) => void;
  #resolveReady!: (sizeBytes: number | null) => void;
  #rejectReady!: (error: Error) => void;
  #granted = 0;
  #ended = false;

  constructor(id: number, post: (message: ToWorker) => void) {
    super({ highWaterMark: STREAM_CHUNKS_AHEAD * STREAM_CHUNK_BYTES });
    this.id = id;
    this.#post = post;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.on('error', () => {});
  }

  receive(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#resolveReady(message.sizeBytes);
        return;
      case 'chunk':
        this.#granted--;
        this.push(message.bytes);
        return;
      case 'end':
        this.#ended = true;
        this.push(null);
        return;
      case 'failed':
        this.#ended = true;
        this.destroy(new LfsbError(message.code, message.message, { cause: message.stack }));
    }
  }

  override _read(): void {
    const wanted = STREAM_CHUNKS_AHEAD - this.#granted;
    if (wanted <= 0) return;
    this.#granted += wanted;
    this.#post({ type: 'credit', id: this.id, chunks: wanted });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#ended) this.#post({ type: 'cancel', id: this.id });
    this.#rejectReady(error ?? new LfsbError('EUNAVAILABLE', 'the stream was closed'));
    callback(error);
  }
}
