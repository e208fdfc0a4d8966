import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** What a shell adds to the number of a signal that ended a command. */
const SIGNAL_EXIT = 128;

/** The command that runs beside the agent. */
export class Child {
  /** The code it ended with; that of a shell where a signal ended it. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;

  /** @param command as a shell takes it; the shell is replaced by it, so that signals arrive */
  constructor(command: string) {
    this.#process = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'inherit' });
    this.ended = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('exit', (code, signal) =>
        resolve(code ?? SIGNAL_EXIT + (signal === null ? 0 : constants.signals[signal])),
      );
    });
    this.ended.catch(() => {});
  }

  pass(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}
