import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CLOCK_TICKS_PER_S = 100;

/** A server in a process of its own; it says where it listens over IPC. */
export class Child {
  #process;
  url = '';

  /**
   * @param script a file of this folder
   * @param stdout where its standard output goes, a file or nowhere
   */
  static async start(script, args, execArgv = [], stdout = undefined) {
    const child = new Child();
    const path = fileURLToPath(new URL(script, import.meta.url));
    const output = stdout === undefined ? 'ignore' : openSync(stdout, 'w');
    child.#process = fork(path, args, { execArgv, stdio: ['ignore', output, 'inherit', 'ipc'] });
    child.url = await new Promise((resolve, reject) => {
      child.#process.once('message', ({ url }) => resolve(url));
      child.#process.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
    });
    return child;
  }

  /** Peak resident memory so far, MB. */
  get peakMegabytes() {
    return this.#status('VmHWM');
  }

  /** Resident memory now, MB. */
  get megabytes() {
    return this.#status('VmRSS');
  }

  /** Has the peak begin anew, at what is resident now. */
  resetPeak() {
    writeFileSync(`/proc/${this.#process.pid}/clear_refs`, '5');
  }

  #status(field) {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+([0-9]+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
  }

  /** Sends a message to a script that answers each one, and resolves with the answer. */
  async ask(message) {
    const stop = new AbortController();
    const { signal } = stop;
    const ended = once(this.#process, 'exit', { signal }).then(([code]) => {
      throw new Error(`it ended with ${code}`);
    });
    const answered = once(this.#process, 'message', { signal });
    this.#process.send(message);
    try {
      return (await Promise.race([answered, ended]))[0];
    } finally {
      stop.abort();
      await Promise.allSettled([answered, ended]);
    }
  }

  /** CPU time used so far, s. */
  get cpuSeconds() {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_S;
  }

  async stop() {
    const ended = new Promise((resolve) => {
      this.#process.once('exit', resolve);
    });
    this.#process.send('stop');
    await ended;
  }
}
