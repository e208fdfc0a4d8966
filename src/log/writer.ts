import type { Worker } from 'node:worker_threads';
import { LfsbError } from '../errors/index.ts';
import { fromShape } from './error-shape.ts';
import type { LogCommand } from './handlers.ts';
import type { CommandResult, OpenedLog, WriterReply, WriterRequest } from './writer-messages.ts';
import { spawn, whenOpened } from './writer-thread.ts';

/** Commands that wait for their answer at most; beyond, `execute` refuses at once. */
export const COMMANDS_IN_FLIGHT_MAX = 1_024;

/** Bytes of transferred buffers that wait at most. */
export const BYTES_IN_FLIGHT_MAX = 64 * 1024 * 1024;

export interface LogWriterOptions {
  readonly path: string;
  /** The module with the handlers (`HandlersModule`): a file that Node runs as it is, see `workerUrl`. */
  readonly handlers: URL;
  /** Given to `createHandlers`; must be clonable. */
  readonly options?: unknown;
  readonly synchronous?: 'FULL' | 'NORMAL';
  readonly migrations?: string;
  readonly now?: number;
  readonly commandsInFlightMax?: number;
  readonly bytesInFlightMax?: number;
  /** The writer's thread is gone: nothing can be written any more. Called at most once. */
  readonly onFatal?: (error: Error) => void;
  readonly onWarning?: (message: string) => void;
}

interface Pending {
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type State = 'open' | 'closing' | 'gone';

/** The log's writer, in a thread of its own. */
export class LogWriter {
  readonly #worker: Worker;
  readonly #options: LogWriterOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #state: State = 'open';
  #nextId = 1;
  #bytesInFlight = 0;

  private constructor(
    worker: Worker,
    options: LogWriterOptions,
    readonly opened: OpenedLog,
  ) {
    this.#worker = worker;
    this.#options = options;
    let cause: Error | undefined;
    worker.on('message', (message: WriterReply) => this.#receive(message));
    worker.on('error', (error) => {
      cause = error;
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#gone(cause);
        resolve();
      });
    });
  }

  /**
   * Starts the thread, opens or creates the log, migrates it and brings its projections up to date.
   * @throws what opening the log threw
   */
  static async start(options: LogWriterOptions): Promise<LogWriter> {
    const worker = spawn({
      path: options.path,
      synchronous: options.synchronous ?? 'FULL',
      handlers: options.handlers.href,
      options: options.options,
      migrations: options.migrations,
      now: options.now ?? Date.now(),
    });
    const opened = await whenOpened(worker);
    return new LogWriter(worker, options, opened);
  }

  /** What waits for its answer now. */
  get inFlight(): { readonly commands: number; readonly bytes: number } {
    return { commands: this.#pending.size, bytes: this.#bytesInFlight };
  }

  /**
   * Has a command carried out. Resolves with what its handler returned, after the commit is on disk.
   *
   * @param transfer buffers in `command` that are handed over instead of copied
   * @throws LfsbError `EUNAVAILABLE` when too much is in flight, the writer is closed, or the commit failed
   *   (nothing was written; when the thread died it is not known); `EINTERNAL` when the handler threw;
   *   what it threw, when that was of the catalogue or a VersionConflictError
   */
  execute<R = unknown>(command: LogCommand, transfer: readonly ArrayBuffer[] = []): Promise<R> {
    const bytes = transfer.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    const refusal = this.#refusal(bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    const id = this.#nextId;
    return this.#request<R>({ kind: 'execute', id, bytes, command }, bytes, transfer);
  }

  /** Builds one projection, or all, from zero; commands wait meanwhile. */
  rebuild(name?: string): Promise<void> {
    const refusal = this.#refusal(0);
    if (refusal !== undefined) return Promise.reject(refusal);
    return this.#request<void>({ kind: 'rebuild', id: this.#nextId, name }, 0, []);
  }

  /** Takes nothing more, finishes what is in flight, closes the log and ends the thread. */
  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#worker.postMessage({ kind: 'close' } satisfies WriterRequest);
    }
    await this.#exited;
  }

  #refusal(bytes: number): LfsbError | undefined {
    if (this.#state !== 'open') return new LfsbError('EUNAVAILABLE', 'the log is closed');
    const commandsMax = this.#options.commandsInFlightMax ?? COMMANDS_IN_FLIGHT_MAX;
    if (this.#pending.size >= commandsMax) {
      return new LfsbError('EUNAVAILABLE', `the log is busy: ${this.#pending.size} commands wait`);
    }
    const bytesMax = this.#options.bytesInFlightMax ?? BYTES_IN_FLIGHT_MAX;
    if (this.#bytesInFlight + bytes > bytesMax && this.#pending.size > 0) {
      return new LfsbError('EUNAVAILABLE', `the log is busy: ${this.#bytesInFlight} bytes wait`);
    }
    return undefined;
  }

  #request<R>(
    message: WriterRequest & { id: number },
    bytes: number,
    transfer: readonly ArrayBuffer[],
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      // Throws, and so rejects, when the command cannot be cloned: then nothing waits for an answer.
      this.#worker.postMessage(message, transfer);
      this.#nextId += 1;
      this.#bytesInFlight += bytes;
      this.#pending.set(message.id, { bytes, resolve: (value) => resolve(value as R), reject });
    });
  }

  #receive(message: WriterReply): void {
    if (message.kind === 'results') for (const result of message.results) this.#settle(result);
    if (message.kind === 'warning') this.#options.onWarning?.(message.message);
  }

  #settle(result: CommandResult): void {
    const pending = this.#pending.get(result.id);
    if (pending === undefined) return;
    this.#pending.delete(result.id);
    this.#bytesInFlight -= pending.bytes;
    if ('error' in result) pending.reject(fromShape(result.error));
    else pending.resolve(result.value);
  }

  #gone(cause: Error | undefined): void {
    const expected = this.#state === 'closing' && cause === undefined;
    this.#state = 'gone';
    const message = "the log's writer ended: whether the command was carried out is not known";
    for (const { reject } of this.#pending.values())
      reject(new LfsbError('EUNAVAILABLE', message, { cause }));
    this.#pending.clear();
    this.#bytesInFlight = 0;
    if (expected) return;
    this.#options.onFatal?.(new Error("the log's writer ended", cause === undefined ? undefined : { cause }));
  }
}
