import { Worker } from 'node:worker_threads';
import { LfsbError } from '../../errors/index.ts';
import type { MadeCheckpoint } from '../../log/checkpoint/make.ts';
import type { ArchivePage, ArchiveRequest } from '../../log/seal/archive.ts';
import type { SegmentFacts } from '../../log/seal/segment-facts.ts';
import { workerUrl } from '../../worker-url.ts';
import type { ExpectedFile, FileLook } from './file-look.ts';
import { JobError } from './job-error.ts';
import type { FromStorageWorker, ReplicaState, StorageWorkerData, ToStorageWorker } from './messages.ts';
import type { MeterSlot, ReplicaMeters } from './meters.ts';
import type { SealingJobs, SegmentTask } from './seal-jobs.ts';
import type { BuildTask, BuiltFile, PlanTask, RemovedKey, StorageJobs, TurnPlan } from './tasks.ts';
import { JOBS_MAX, STORAGE_WORKER_YOUNG_MB, STORAGE_WORKERS } from './worker-limits.ts';

type Job = ToStorageWorker extends infer M ? (M extends { id: number } ? Omit<M, 'id'> : never) : never;

/** The jobs, done in threads, each started when it is first needed. */
export class StorageWorkers implements StorageJobs, SealingJobs {
  readonly #data: StorageWorkerData;
  readonly #meters: ReplicaMeters;
  readonly #onState: (state: ReplicaState) => void;
  readonly #threads: StorageThread[] = [];
  #closed = false;

  /** @param onState told when a replica goes out of reach, and when it comes back */
  constructor(data: StorageWorkerData, meters: ReplicaMeters, onState: (state: ReplicaState) => void) {
    this.#data = data;
    this.#meters = meters;
    this.#onState = onState;
  }

  plan(task: PlanTask): Promise<TurnPlan | null> {
    return this.#do({ type: 'plan', task });
  }

  build(task: BuildTask): Promise<BuiltFile> {
    return this.#do({ type: 'build', task });
  }

  putSmall(replica: string, key: string, text: string): Promise<void> {
    return this.#do({ type: 'putSmall', replica, key, text });
  }

  remove(replica: string, keys: readonly string[]): Promise<RemovedKey[]> {
    return this.#do({ type: 'remove', replica, keys });
  }

  list(replica: string, prefix: string, limit: number): Promise<string[]> {
    return this.#do({ type: 'list', replica, prefix, limit });
  }

  look(file: ExpectedFile): Promise<FileLook> {
    return this.#do({ type: 'look', file });
  }

  sweep(replica: string, beforeMs: number): Promise<number> {
    return this.#do({ type: 'sweep', replica, beforeMs });
  }

  ask(replica: string): Promise<void> {
    return this.#do({ type: 'ask', replica });
  }

  cutSegment(segment: SegmentTask): Promise<SegmentFacts> {
    return this.#do({ type: 'cutSegment', segment });
  }

  putSegment(segment: SegmentTask): Promise<BuiltFile> {
    return this.#do({ type: 'putSegment', segment });
  }

  makeCheckpoint(): Promise<MadeCheckpoint> {
    return this.#do({ type: 'makeCheckpoint' });
  }

  putCheckpoint(replica: string, seq: number): Promise<BuiltFile> {
    return this.#do({ type: 'putCheckpoint', replica, seq });
  }

  read(request: ArchiveRequest): Promise<ArchivePage> {
    return this.#do({ type: 'readSegment', request });
  }

  /** Ends the threads at once: what they had under way is abandoned, and taken up after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  async #do<T>(job: Job): Promise<T> {
    if (this.#closed) throw new LfsbError('EUNAVAILABLE', 'the server is stopping');
    const alive = this.#threads.filter((thread) => thread.alive);
    this.#threads.splice(0, this.#threads.length, ...alive);
    const waiting = alive.reduce((sum, thread) => sum + thread.load, 0);
    if (waiting >= JOBS_MAX) throw new LfsbError('EUNAVAILABLE', `${waiting} storage jobs wait`);
    return (await this.#leastLoaded(alive).do(job)) as T;
  }

  #leastLoaded(alive: readonly StorageThread[]): StorageThread {
    const least = alive.toSorted((a, b) => a.load - b.load)[0];
    if (least !== undefined && (least.load === 0 || alive.length === STORAGE_WORKERS)) return least;
    const thread = new StorageThread(this.#data, this.#meters.take(), this.#onState);
    this.#threads.push(thread);
    return thread;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One thread, and the jobs that wait for its answers. */
class StorageThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  alive = true;

  constructor(data: StorageWorkerData, slot: MeterSlot, onState: (state: ReplicaState) => void) {
    this.#worker = new Worker(workerUrl(import.meta.url, './worker.ts'), {
      workerData: { ...data, meters: slot.memory },
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: STORAGE_WORKER_YOUNG_MB },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: FromStorageWorker) => {
      if ('type' in message) onState(message);
      else this.#receive(message);
    });
    this.#worker.on('error', (cause) => this.#gone(cause));
    this.#worker.on('exit', () => {
      slot.release();
      this.#gone(undefined);
    });
  }

  get load(): number {
    return this.#waiting.size;
  }

  do(job: Job): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#worker.postMessage({ ...job, id } satisfies ToStorageWorker);
      this.#waiting.set(id, { resolve, reject });
    });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(message: Exclude<FromStorageWorker, ReplicaState>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.ok) waiting?.resolve(message.value);
    else waiting?.reject(new JobError(message.failure));
  }

  #gone(cause: unknown): void {
    this.alive = false;
    const error = new LfsbError('EUNAVAILABLE', 'the storage thread ended', { cause });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
