import type { Logger } from '../../logging.ts';
import type { EngineWriter } from '../writer/client.ts';

/** Pause between two steps of a sweep, ms: transactions come first. */
export const SWEEP_PAUSE_MS = 20;

/** Deletes dead generations of the content index, a small transaction at a time. */
export class IndexSweeper {
  readonly #writer: EngineWriter;
  readonly #log: Logger;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(writer: EngineWriter, log: Logger) {
    this.#writer = writer;
    this.#log = log;
  }

  /** There may be something to sweep. */
  wake(): void {
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
      for (let more = true; more && !this.#stopped; ) {
        ({ more } = await this.#writer.execute({ type: 'sweep' }));
        if (more) await new Promise((resolve) => setTimeout(resolve, SWEEP_PAUSE_MS));
      }
    } catch (err) {
      this.#log.warn({ err }, 'sweeping the content index failed; it goes on after the next start');
    }
  }
}
