import { EXIT } from '../src/errors/index.ts';
import { takeOverSignals } from './interrupt.ts';

/**
 * A signal that comes this soon after the first is the same one: a terminal sends ^C to npm and to us, and npm
 * forwards its own.
 */
const SAME_SIGNAL_MS = 1_000;

/**
 * SIGINT and SIGTERM, from now on, for a command that finishes what is in flight after the first. A second one ends
 * the process at once.
 */
export class Signals {
  readonly first: Promise<NodeJS.Signals>;
  /** Who gets them in place of that, as a command that runs beside. */
  passTo: ((signal: NodeJS.Signals) => void) | null = null;

  constructor() {
    let firstAt: number | undefined;
    this.first = new Promise((resolve) => {
      takeOverSignals((signal) => {
        const now = performance.now();
        firstAt ??= now;
        if (this.passTo !== null) this.passTo(signal);
        else if (now - firstAt > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
        resolve(signal);
      });
    });
  }
}
