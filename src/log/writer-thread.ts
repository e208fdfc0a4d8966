import { Worker } from 'node:worker_threads';
import { workerUrl } from '../worker-url.ts';
import { openingError } from './error-shape.ts';
import type { OpenedLog, WriterReply, WriterWorkerData } from './writer-messages.ts';

/** Heap for young objects of the writer's thread, MiB: Node's default takes three times as much and no less time. */
export const WRITER_YOUNG_MB = 16;

/** Starts the thread. The runner's own flags (loaders, inspectors) are not for it. */
export const spawn = (data: WriterWorkerData): Worker =>
  new Worker(workerUrl(import.meta.url, './writer-worker.ts'), {
    workerData: data,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: WRITER_YOUNG_MB },
  });

/**
 * Waits until the log is open in the thread.
 * @throws what opening it threw
 */
export function whenOpened(worker: Worker): Promise<OpenedLog> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error("the log's writer ended while it opened the log")));
    worker.once('message', (message: WriterReply) => {
      if (message.kind === 'opened') resolve(message.opened);
      else reject(message.kind === 'failed' ? openingError(message.error) : new Error('unexpected message'));
    });
  });
}
