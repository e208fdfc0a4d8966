import type { ClockReading } from '../../commands/clock.ts';
import type { EngineWriter } from '../../engine/writer/client.ts';
import type { Logger } from '../../logging.ts';
import { SWEEP_AGE_MS } from '../../storage/index.ts';
import type { ConfiguredReplica } from './context.ts';
import type { StorageJobs } from './tasks.ts';
import type { Timer } from './timer.ts';

/** By then all that the process before this one left is old enough, ms. */
export const SECOND_SWEEP_MS = SWEEP_AGE_MS + 3_600_000;

/** How often it is looked whether that time has come, ms. */
const LOOK_MS = 600_000;

export interface LeftoversDependencies {
  readonly jobs: StorageJobs;
  readonly replicas: readonly ConfiguredReplica[];
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly timer: Timer;
  readonly log: Logger;
}

/**
 * Has replicas remove what puts that never ended left behind: at the start, and once more when what the process
 * before this one had under way is old enough. Puts of this process that fail clean up after themselves, so no
 * request is spent on it after that.
 */
export class Leftovers {
  readonly #deps: LeftoversDependencies;
  readonly #begun: number;
  readonly #cancel: () => void;
  #running: Promise<void>;
  #stopped = false;

  constructor(dependencies: LeftoversDependencies) {
    this.#deps = dependencies;
    this.#begun = dependencies.clock().monotonic;
    this.#cancel = dependencies.timer.every(LOOK_MS, () => this.#look());
    this.#running = this.#sweep();
  }

  /** Begins nothing more. What is under way ends with the threads that do it. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    return this.#running;
  }

  #look(): void {
    if (this.#stopped || this.#deps.clock().monotonic - this.#begun < SECOND_SWEEP_MS) return;
    this.#cancel();
    this.#running = this.#running.then(() => this.#sweep());
  }

  async #sweep(): Promise<void> {
    await Promise.all(this.#deps.replicas.map(({ name }) => this.#sweepOne(name)));
  }

  /** What is old enough is told by a clock that is believed, less what may be wrong about it. */
  async #sweepOne(replica: string): Promise<void> {
    const { jobs, writer, clock, log } = this.#deps;
    try {
      const { trusted, doubtedMs } = await writer.execute({ type: 'storage.clock', clock: clock() });
      if (!trusted) return;
      const removed = await jobs.sweep(replica, clock().wall - doubtedMs - SWEEP_AGE_MS);
      if (removed > 0) log.info({ replica, removed }, 'what unfinished uploads left behind was removed');
    } catch (error) {
      if (this.#stopped) return;
      const why = error instanceof Error ? error.message : String(error);
      log.warn({ replica, why }, 'what unfinished uploads left behind could not be removed');
    }
  }
}
