import { Worker } from 'node:worker_threads';
import type { AgentConfig } from '../config/litestream/types.ts';
import { readBootId } from '../engine/system-clock.ts';
import { LfsbError } from '../errors/index.ts';
import { version } from '../package-root.ts';
import { workerUrl } from '../worker-url.ts';
import type { Behind, FromAgentWorker, ToAgentWorker } from './messages.ts';
import type { DatabaseReport } from './report.ts';
import { type AgentWorkerData, databaseData } from './worker-data.ts';

/** A thread that does not end by so long after it was told to is ended, ms. */
const STOP_MS_MAX = 60_000;

export interface AgentOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sync and store once, then end. */
  readonly once: boolean;
}

/** The agent, running in a thread of its own, so that this one always answers signals and questions. */
export class Agent {
  /** Resolves when the thread has ended in order, to what is not stored where it should be. */
  readonly ended: Promise<readonly Behind[]>;
  /** Resolves with the first reports: every database was tried once. */
  readonly tried: Promise<void>;
  readonly #worker: Worker;
  #reports: readonly DatabaseReport[] = [];

  /** @throws LfsbError `ECONFIG` */
  constructor(config: AgentConfig, { env, once }: AgentOptions) {
    const databases = config.databases.map((database) => databaseData(database, env));
    const { logging } = config;
    const data: AgentWorkerData = { databases, logging, version: version(), bootId: readBootId(), once };
    this.#worker = new Worker(workerUrl(import.meta.url, './agent-worker.ts'), { workerData: data });
    let markTried = (): void => {};
    this.tried = new Promise((resolve) => {
      markTried = resolve;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromAgentWorker) => {
        if (message.type === 'stopped') return resolve(message.behind);
        this.#reports = message.reports;
        if (message.reports.every(({ state }) => state !== 'opening')) markTried();
      });
      this.#worker.on('error', reject);
      this.#worker.on('exit', (code) => {
        reject(new LfsbError('EINTERNAL', `the agent's thread ended with code ${code}`));
      });
    });
    this.ended.catch(() => {});
  }

  /** How every database fares, as of the last second. */
  get reports(): readonly DatabaseReport[] {
    return this.#reports;
  }

  /** Syncs and stores once more, then ends; see `ended`. */
  async stop(reason: string): Promise<readonly Behind[]> {
    this.#worker.postMessage({ type: 'stop', reason } satisfies ToAgentWorker);
    const late = setTimeout(() => void this.#worker.terminate(), STOP_MS_MAX);
    try {
      return await this.ended;
    } finally {
      clearTimeout(late);
    }
  }
}
