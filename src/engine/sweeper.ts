import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../logging.ts';
import type { EngineWriter } from './writer/client.ts';

/** Pause between two steps of a sweep, ms: transactions come first. */
export const SWEEP_PAUSE_MS = 20;

export interface SweeperDependencies {
  readonly writer: EngineWriter;
  readonly spoolDirectory: string;
  readonly log: Logger;
}

/** Deletes what nothing needs any more, a small transaction at a time: dead page checksums and payloads. */
export class Sweeper {
  readonly #deps: SweeperDependencies;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(dependencies: SweeperDependencies) {
    this.#deps = dependencies;
  }

  /** There may be something to sweep. */
  wake(): void {
    this.#again = true;
    if (this.#running !== null || this.#stopped) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Ends the step under way; what is left is swept after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const more = await this.#step();
        // Whoever woke us meanwhile may have left something that this step did not see.
        this.#again ||= more;
        if (this.#again) await new Promise((resolve) => setTimeout(resolve, SWEEP_PAUSE_MS));
      }
    } catch (err) {
      this.#deps.log.warn({ err }, 'the sweep failed; it goes on after the next start');
    }
  }

  /** A file whose row is gone and that is still there after a crash is an orphan: the next start deletes it. */
  async #step(): Promise<boolean> {
    const { more, files } = await this.#deps.writer.execute({ type: 'sweep' });
    // The last start may have taken one for an orphan: what is dead is not known to it as a payload.
    for (const name of files) await rm(join(this.#deps.spoolDirectory, name), { force: true });
    return more;
  }
}
