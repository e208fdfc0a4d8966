import { EXIT } from '../src/errors/index.ts';
import { takeOverSignals } from './interrupt.ts';

/**
 * A signal that comes this soon after the first is the same one: a terminal sends ^C to npm and to us, and npm
 * forwards its own.
 */
const SAME_SIGNAL_MS = 1_000;

/** What means nothing to us, and may to a command that runs beside: to read its configuration again, as a rule. */
const FOR_OTHERS = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * SIGINT and SIGTERM, from now on, for a command that finishes what is in flight after the first. A second one ends
 * the process at once.
 */
export class Signals {
  readonly first: Promise<NodeJS.Signals>;
  #receiver: ((signal: NodeJS.Signals) => void) | null = null;

  constructor() {
    let firstAt: number | undefined;
    this.first = new Promise((resolve) => {
      takeOverSignals((signal) => {
        const now = performance.now();
        firstAt ??= now;
        if (this.#receiver !== null) this.#receiver(signal);
        else if (now - firstAt > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
        resolve(signal);
      });
    });
  }

  /** Gives them, and those that mean nothing to us, to a command that runs beside, until the returned function is called. */
  passTo(receiver: (signal: NodeJS.Signals) => void): () => void {
    this.#receiver = receiver;
    for (const signal of FOR_OTHERS) process.on(signal, receiver);
    return () => {
      this.#receiver = null;
      for (const signal of FOR_OTHERS) process.off(signal, receiver);
    };
  }
}
