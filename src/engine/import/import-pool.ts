import { Worker } from 'node:worker_threads';
import { workerUrl } from '../../worker-url.ts';
import { ImportJob } from './import-job.ts';
import { IMPORT_WORKER_YOUNG_MB, IMPORT_WORKERS } from './limits.ts';
import type { FromImportWorker, ImportWorkerData, ToImportWorker } from './messages.ts';

/** How an image is to be encoded. */
export type ImportJobOptions = Omit<Extract<ToImportWorker, { type: 'begin' }>, 'type' | 'id'>;

/** Encodes what is uploaded in threads of their own, so that compressing never holds up an ingest. */
export class ImportPool {
  readonly #data: ImportWorkerData;
  #threads: ImportThread[] = [];
  #nextId = 1;

  constructor(data: ImportWorkerData) {
    this.#data = data;
  }

  /** Begins an import; it has to be closed. How many there are at once is for the caller to limit. */
  begin(options: ImportJobOptions): ImportJob {
    return this.#leastLoaded().begin(this.#nextId++, options);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #leastLoaded(): ImportThread {
    this.#threads = this.#threads.filter((thread) => thread.alive);
    const idle = this.#threads.find((thread) => thread.load === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < IMPORT_WORKERS) {
      const thread = new ImportThread(this.#data);
      this.#threads.push(thread);
      return thread;
    }
    return this.#threads.reduce((least, each) => (each.load < least.load ? each : least));
  }
}

/** One thread, and the imports it works on. */
class ImportThread {
  readonly #jobs = new Map<number, ImportJob>();
  readonly #worker: Worker;
  alive = true;

  constructor(data: ImportWorkerData) {
    this.#worker = new Worker(workerUrl(import.meta.url, './import-worker.ts'), {
      workerData: data,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: IMPORT_WORKER_YOUNG_MB },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: FromImportWorker) => this.#receive(message));
    this.#worker.on('error', (cause) => this.#ended(cause));
    this.#worker.on('exit', () => this.#ended(undefined));
  }

  get load(): number {
    return this.#jobs.size;
  }

  begin(id: number, options: ImportJobOptions): ImportJob {
    const job = new ImportJob(id, (message, transfer) => this.#worker.postMessage(message, transfer));
    this.#jobs.set(id, job);
    this.#worker.postMessage({ type: 'begin', id, ...options } satisfies ToImportWorker);
    return job;
  }

  async terminate(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  #receive(message: FromImportWorker): void {
    this.#jobs.get(message.id)?.receive(message);
    if (message.type === 'closed') this.#jobs.delete(message.id);
  }

  #ended(cause: unknown): void {
    this.alive = false;
    for (const job of this.#jobs.values()) job.threadEnded(cause);
    this.#jobs.clear();
  }
}
