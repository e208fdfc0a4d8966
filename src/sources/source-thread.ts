import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { LfsbError } from '../errors/index.ts';
import type { LtxHeader } from '../ltx/index.ts';
import { workerUrl } from '../worker-url.ts';
import { PieceStream } from './piece-stream.ts';
import type { SyncReport } from './report.ts';
import {
  type FromSourceWorker,
  fromFailure,
  type SourceWorkerData,
  type ToSourceWorker,
  toFailure,
} from './thread-messages.ts';
import type { SourceTransaction } from './transaction.ts';

/** Heap of a source's thread for young objects, MiB: its work is in buffers. */
const THREAD_YOUNG_MB = 4;

/** A transaction as the thread that takes it in sees it. */
export interface IncomingTransaction {
  readonly kind: SourceTransaction['kind'];
  readonly header: LtxHeader;
  /** The LTX file. */
  readonly body: Readable;
}

export interface SourceThreadOptions extends SourceWorkerData {
  /** Makes a transaction durable. @throws LfsbError when it is refused */
  readonly publish: (transaction: IncomingTransaction) => Promise<void>;
  /** A sync now would let a checkpoint of the application go on. */
  readonly onWanted?: () => void;
}

interface Syncing {
  readonly resolve: (report: SyncReport) => void;
  readonly reject: (error: Error) => void;
}

/** A live SQLite file as a source of transactions, in a thread of its own: nothing that SQLite waits for is felt. */
export class SourceThread implements AsyncDisposable {
  readonly #options: SourceThreadOptions;
  #worker: Worker | null = null;
  #syncing: Syncing | null = null;
  #stream: PieceStream | null = null;

  constructor(options: SourceThreadOptions) {
    this.#options = options;
  }

  /**
   * Publishes all that was committed until now, one call at a time.
   * @throws LfsbError as `Source.sync` does; `EINTERNAL` when the thread ended, and the next call begins another
   */
  sync(): Promise<SyncReport> {
    if (this.#syncing !== null) throw new Error('one sync at a time');
    return new Promise((resolve, reject) => {
      this.#syncing = { resolve, reject };
      this.#worker ??= this.#start();
      this.#post({ type: 'sync' });
    });
  }

  /** Lets go of the database, after the sync that is underway. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    this.#post({ type: 'close' });
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(): Worker {
    const { publish: _, onWanted: __, ...workerData } = this.#options;
    const worker = new Worker(workerUrl(import.meta.url, './source-worker.ts'), {
      workerData: workerData satisfies SourceWorkerData,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: THREAD_YOUNG_MB },
    });
    worker.on('message', (message: FromSourceWorker) => this.#receive(message));
    worker.on('error', (cause) => this.#ended(cause));
    worker.on('exit', () => this.#ended(undefined));
    return worker;
  }

  #receive(message: FromSourceWorker): void {
    if (message.type === 'begin') void this.#publish(message);
    else if (message.type === 'piece') this.#stream?.add(message.bytes);
    else if (message.type === 'end') this.#stream?.end(null);
    else if (message.type === 'broken') this.#stream?.end(fromFailure(message.failure));
    else if (message.type === 'synced') this.#settle(({ resolve }) => resolve(message.report));
    else if (message.type === 'failed') this.#settle(({ reject }) => reject(fromFailure(message.failure)));
    else if (message.type === 'wanted') this.#options.onWanted?.();
  }

  async #publish({ kind, header }: Extract<FromSourceWorker, { type: 'begin' }>): Promise<void> {
    const stream = new PieceStream(() => this.#post({ type: 'room' }));
    this.#stream = stream;
    try {
      await this.#options.publish({ kind, header, body: stream.body });
      this.#post({ type: 'published', failure: null });
    } catch (error) {
      this.#post({ type: 'published', failure: toFailure(error) });
    } finally {
      stream.body.destroy();
      this.#stream = null;
    }
  }

  #settle(how: (syncing: Syncing) => void): void {
    const syncing = this.#syncing;
    this.#syncing = null;
    if (syncing !== null) how(syncing);
  }

  #ended(cause: unknown): void {
    this.#worker = null;
    const error = new LfsbError('EINTERNAL', 'the thread that reads the database ended', { cause });
    this.#stream?.end(error);
    this.#settle(({ reject }) => reject(error));
  }

  #post(message: ToSourceWorker): void {
    this.#worker?.postMessage(message);
  }
}
