import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { LfsbError } from '../../errors/index.ts';
import { workerUrl } from '../../worker-url.ts';
import { Permits } from '../permits.ts';
import type { SnapshotRequest } from '../snapshot/request.ts';
import type { FromWorker, StreamWorkerData, ToWorker } from './messages.ts';
import { WorkerStream } from './worker-stream.ts';

/** Threads that build snapshots. */
export const STREAM_WORKERS = 2;

/** Snapshots open at once; each holds at most 16 descriptors and a few MiB. */
export const STREAMS_MAX = 32;

/** Requests that wait for one of them. */
export const STREAMS_WAITING_MAX = 128;
export const STREAMS_WAIT_MS_MAX = 20_000;

/** A stream that is ready: what can fail before the first byte has not. */
export interface OpenedStream {
  readonly sizeBytes: number | null;
  readonly stream: Readable;
}

/** Builds snapshots in threads of their own, so that merging never holds up an ingest. */
export class StreamPool {
  readonly #data: StreamWorkerData;
  readonly #workers: PoolWorker[] = [];
  readonly #permits = new Permits({
    heldMax: STREAMS_MAX,
    waitingMax: STREAMS_WAITING_MAX,
    waitMsMax: STREAMS_WAIT_MS_MAX,
    what: 'downloads',
  });
  #nextId = 1;

  constructor(data: StreamWorkerData) {
    this.#data = data;
  }

  /**
   * Opens a snapshot; resolves when its first byte is ready to be sent.
   * @throws LfsbError `ECORRUPT`, `EUNAVAILABLE`
   */
  async open(request: SnapshotRequest): Promise<OpenedStream> {
    const release = await this.#permits.take();
    const worker = this.#leastLoaded();
    const stream = new WorkerStream(this.#nextId++, (message) => worker.post(message));
    worker.streams.set(stream.id, stream);
    stream.once('close', () => {
      worker.streams.delete(stream.id);
      release();
    });
    worker.post({ type: 'open', id: stream.id, request });
    return { sizeBytes: await stream.ready, stream };
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #leastLoaded(): PoolWorker {
    const alive = this.#workers.filter((worker) => worker.alive);
    if (alive.length < STREAM_WORKERS) {
      const worker = new PoolWorker(this.#data);
      alive.push(worker);
      this.#workers.splice(0, this.#workers.length, ...alive);
      return worker;
    }
    return alive.reduce((least, each) => (each.streams.size < least.streams.size ? each : least));
  }
}

/** One thread, and the streams it works on. */
class PoolWorker {
  readonly streams = new Map<number, WorkerStream>();
  readonly #worker: Worker;
  alive = true;

  constructor(data: StreamWorkerData) {
    this.#worker = new Worker(workerUrl(import.meta.url, './stream-worker.ts'), { workerData: data });
    this.#worker.unref();
    this.#worker.on('message', (message: FromWorker) => this.streams.get(message.id)?.receive(message));
    this.#worker.on('error', (cause) => this.#failed(cause));
    this.#worker.on('exit', () => this.#failed(undefined));
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  async terminate(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  #failed(cause: unknown): void {
    this.alive = false;
    const error = new LfsbError('EINTERNAL', 'the thread that built this ended', { cause });
    for (const stream of this.streams.values()) stream.destroy(error);
  }
}
