import { humanAge } from './human.ts';
import { clearStatus, showStatus } from './status-line.ts';

/** Waits that are shorter show nothing; longer ones are told anew each so often, ms. */
const TELL_EVERY_MS = 1_000;

/** Tells on a terminal that a server takes its time, and for how long by now. */
export class Waiting {
  readonly #what: string;
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(what: string) {
    this.#what = what;
  }

  /** An answer is waited for, or is there. */
  set(isWaiting: boolean): void {
    clearInterval(this.#timer);
    if (this.#isShown) clearStatus();
    this.#isShown = false;
    if (!isWaiting || !process.stderr.isTTY) return;
    const since = performance.now();
    this.#timer = setInterval(() => {
      this.#isShown = true;
      showStatus(`waiting for ${this.#what}, ${humanAge(performance.now() - since)}`);
    }, TELL_EVERY_MS);
    this.#timer.unref();
  }
}
