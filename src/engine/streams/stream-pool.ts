import { Worker } from 'node:worker_threads';
import type { ReplicaState } from '../../compactor/run/messages.ts';
import type { MeterSlot, ReplicaMeters } from '../../compactor/run/meters.ts';
import type { Pins } from '../../compactor/run/pins.ts';
import { LfsbError } from '../../errors/index.ts';
import { workerUrl } from '../../worker-url.ts';
import { Permits } from '../permits.ts';
import { RestoreJob } from '../restore/restore-job.ts';
import type { SnapshotRequest } from '../snapshot/request.ts';
import { ByteStream } from './byte-stream.ts';
import type { FromWorker, StreamWorkerData, ToWorker } from './messages.ts';

/** Threads that build snapshots and restores. */
export const STREAM_WORKERS = 2;

/** Heap for young objects of such a thread, MiB: its work is in buffers, Node's default would only grow. */
export const STREAM_WORKER_YOUNG_MB = 8;

/** Snapshots open at once; each holds at most 16 descriptors and a few MiB. */
export const STREAMS_MAX = 32;

/** Requests that wait for one of them. */
export const STREAMS_WAITING_MAX = 128;
export const STREAMS_WAIT_MS_MAX = 20_000;

/** A stream that is ready: what can fail before the first byte has not. */
export interface OpenedStream {
  readonly sizeBytes: number | null;
  readonly stream: ByteStream;
}

/** Told of a stored file that could not be used. */
export type OnAvoided = (what: {
  readonly source: string;
  readonly code: string;
  readonly message: string;
}) => void;

/** Told what threads find out, beside what they are asked. */
export interface StreamListeners {
  readonly onAvoided: OnAvoided;
  readonly onState: (state: ReplicaState) => void;
}

/** Builds snapshots in threads of their own, so that merging never holds up an ingest. */
export class StreamPool {
  readonly #data: StreamWorkerData;
  readonly #pins: Pins;
  readonly #meters: ReplicaMeters;
  readonly #listeners: StreamListeners;
  readonly #workers: PoolWorker[] = [];
  readonly #permits = new Permits({
    heldMax: STREAMS_MAX,
    waitingMax: STREAMS_WAITING_MAX,
    waitMsMax: STREAMS_WAIT_MS_MAX,
    what: 'downloads',
  });
  #nextId = 1;

  /** @param pins keep what is read from being deleted */
  constructor(data: StreamWorkerData, pins: Pins, meters: ReplicaMeters, listeners: StreamListeners) {
    this.#data = data;
    this.#pins = pins;
    this.#meters = meters;
    this.#listeners = listeners;
  }

  /**
   * Opens a snapshot; resolves when its first byte is ready to be sent.
   * @param leftOutBytes of its beginning, which are made and checked, and not sent
   * @throws LfsbError `ECORRUPT`, `EUNAVAILABLE`
   */
  async open(request: SnapshotRequest, leftOutBytes = 0): Promise<OpenedStream> {
    const release = await this.#permits.take();
    const worker = this.#leastLoaded();
    const [, cluster = '', db = ''] = request.stream.split('/');
    const unpin = this.#pins.pin(cluster, db);
    const stream = new ByteStream(
      this.#nextId++,
      (message, transfer) => worker.post(message, transfer),
      () => {
        worker.tasks.delete(stream.id);
        unpin();
        release();
      },
    );
    worker.tasks.set(stream.id, stream);
    worker.post({ type: 'open', id: stream.id, request, leftOutBytes });
    return { sizeBytes: await stream.ready, stream };
  }

  /**
   * Begins a restore or a drill; it has to be closed. How many there are at once is for the caller to limit.
   * @param of the one database that is read; any when left out
   */
  restore(of?: { readonly cluster: string; readonly db: string }): RestoreJob {
    const worker = this.#leastLoaded();
    const id = this.#nextId++;
    const unpin = of === undefined ? this.#pins.pinAll() : this.#pins.pin(of.cluster, of.db);
    const job = new RestoreJob(
      id,
      (message) => worker.post(message),
      () => {
        worker.tasks.delete(id);
        unpin();
      },
    );
    worker.tasks.set(id, job);
    return job;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** An idle thread, or a new one while there may be more, or the one with the least to do. */
  #leastLoaded(): PoolWorker {
    const alive = this.#workers.filter((worker) => worker.alive);
    this.#workers.splice(0, this.#workers.length, ...alive);
    const least = alive.reduce<PoolWorker | null>(
      (best, each) => (best === null || each.tasks.size < best.tasks.size ? each : best),
      null,
    );
    if (least !== null && (least.tasks.size === 0 || alive.length === STREAM_WORKERS)) return least;
    const worker = new PoolWorker(this.#data, this.#meters.take(), this.#listeners);
    this.#workers.push(worker);
    return worker;
  }
}

/** A stream or a restore, on the side that waits for it. */
interface PoolTask {
  receive(message: FromWorker): void;
  /** The thread is no more. */
  fail(error: Error): void;
}

/** One thread, and the streams and restores it works on. */
class PoolWorker {
  readonly tasks = new Map<number, PoolTask>();
  readonly #worker: Worker;
  alive = true;

  constructor(data: StreamWorkerData, slot: MeterSlot, { onAvoided, onState }: StreamListeners) {
    this.#worker = new Worker(workerUrl(import.meta.url, './stream-worker.ts'), {
      workerData: { ...data, meters: slot.memory },
      resourceLimits: { maxYoungGenerationSizeMb: STREAM_WORKER_YOUNG_MB },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'avoided') onAvoided(message);
      else if (message.type === 'replica') onState(message);
      else this.tasks.get(message.id)?.receive(message);
    });
    this.#worker.on('error', (cause) => this.#failed(cause));
    this.#worker.on('exit', () => {
      slot.release();
      this.#failed(undefined);
    });
  }

  post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  async terminate(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  #failed(cause: unknown): void {
    this.alive = false;
    const error = new LfsbError('EINTERNAL', 'the thread that built this ended', { cause });
    for (const task of this.tasks.values()) task.fail(error);
  }
}
