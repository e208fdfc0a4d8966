import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What an agent said of one sync. */
export interface Said {
  readonly transactions?: number;
  readonly compared?: string | null;
  readonly state?: string;
  readonly failed?: string;
  readonly message?: string;
}

/** An agent in a process of its own, which follows a database until it is ended. */
export class Agent {
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  #complaints = '';
  #onSaid: () => void = () => {};

  constructor(folder: string, path: string) {
    const script = fileURLToPath(new URL('./agent-child.mjs', import.meta.url));
    this.#child = spawn(process.execPath, [script, folder, path]);
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.said.push(JSON.parse(line) as Said);
      this.#onSaid();
    });
    this.#child.stderr!.on('data', (text) => {
      this.#complaints += String(text);
    });
    this.#child.stdin!.on('error', () => {});
    this.#child.on('exit', () => this.#onSaid());
  }

  /** Waits for `syncs` more syncs that find nothing, one after the other. */
  async quiet(syncs = 3): Promise<void> {
    const from = this.said.length;
    while (!this.#wasQuiet(from, syncs)) {
      if (this.#child.exitCode !== null) throw new Error(`the agent ended: ${this.#complaints}`);
      await new Promise<void>((resolve) => {
        this.#onSaid = resolve;
      });
    }
  }

  /** Ends it: after its sync, or on the spot. */
  end(orderly: boolean): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      if (orderly) this.#child.stdin!.end('end\n');
      else this.#child.kill('SIGKILL');
    });
  }

  #wasQuiet(from: number, syncs: number): boolean {
    const last = this.said.slice(from).slice(-syncs);
    return (
      last.length === syncs &&
      last.every(({ transactions, state }) => transactions === 0 && state === 'current')
    );
  }
}
