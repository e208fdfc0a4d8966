import { Worker } from 'node:worker_threads';
import { workerUrl } from '../worker-url.ts';
import type { Checkpointer } from './checkpointer.ts';

/** Its heap for young objects, MB: it makes none to speak of, and the default is reserved all the same. */
const CHECKPOINTER_HEAP_MB = 2;

export interface CheckpointWorkerData {
  readonly path: string;
  /** One Int32: 1 while a checkpoint is underway. */
  readonly underway: SharedArrayBuffer;
}

export type CheckpointRequest = 'checkpoint' | 'close';

/** The checkpointer's thread, as its owner sees it. */
export class CheckpointThread implements Checkpointer {
  readonly #worker: Worker;
  readonly #flag: Int32Array;

  /** @param onError it died; without checkpoints the WAL grows until the disk is full */
  constructor(path: string, onError: (error: Error) => void) {
    const underway = new SharedArrayBuffer(4);
    this.#flag = new Int32Array(underway);
    this.#worker = new Worker(workerUrl(import.meta.url, './checkpoint-worker.ts'), {
      workerData: { path, underway } satisfies CheckpointWorkerData,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: CHECKPOINTER_HEAP_MB },
    });
    this.#worker.on('error', onError);
  }

  get underway(): boolean {
    return Atomics.load(this.#flag, 0) === 1;
  }

  request(): void {
    Atomics.store(this.#flag, 0, 1);
    this.#post('checkpoint');
  }

  wait(milliseconds: number): void {
    Atomics.wait(this.#flag, 0, 1, milliseconds);
  }

  /** Ends the thread after what it is doing, then calls back. */
  close(done: () => void): void {
    this.#worker.once('exit', done);
    this.#post('close');
  }

  #post(request: CheckpointRequest): void {
    this.#worker.postMessage(request);
  }
}
