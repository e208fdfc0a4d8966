import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('serve.mjs', import.meta.url));

/** Standard error kept for a failure's message, characters. */
const COMPLAINTS_CHARS_MAX = 20_000;

export interface ServerProcessOptions {
  readonly dataPath: string;
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** A command line to run it under, as `strace` and its options. */
  readonly under?: readonly string[];
}

/** The built server in a process of its own, which may be killed. */
export class ServerProcess {
  /** What it wrote to standard error. */
  complaints = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #started: { readonly url: string; readonly pid: number } | null = null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaints = (this.complaints + text).slice(-COMPLAINTS_CHARS_MAX);
    });
  }

  /** Starts it, and does not wait until it listens. */
  static spawn({ dataPath, synchronous = 'FULL', under = [] }: ServerProcessOptions): ServerProcess {
    const argument = JSON.stringify({ dataPath, synchronous });
    const [command, ...args] = [...under, process.execPath, SCRIPT, argument];
    // Writes that go through io_uring would be seen by no tracer.
    const env = { ...process.env, UV_USE_IO_URING: '0' };
    return new ServerProcess(spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'], env }));
  }

  /** Where it listens. */
  get url(): string {
    if (this.#started === null) throw new Error('the server is not ready');
    return this.#started.url;
  }

  /** Waits until it listens; false when it ended before, as one that was killed does. */
  async ready(): Promise<boolean> {
    let printed = '';
    const stdout = this.#child.stdout!.setEncoding('utf8');
    const listening = new Promise<void>((resolve) => {
      stdout.on('data', (text: string) => {
        printed += text;
        if (printed.includes('\n')) resolve();
      });
    });
    await Promise.race([listening, this.#ended]);
    if (!printed.includes('\n')) return false;
    this.#started = JSON.parse(printed.slice(0, printed.indexOf('\n')));
    return true;
  }

  /** Ends it as a crash does, or asks it to end; resolves when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    // Not to the tracer it may run under, which would let it go on.
    if (this.#started === null || this.#child.exitCode !== null) this.#child.kill(signal);
    else if (this.#child.signalCode === null) process.kill(this.#started.pid, signal);
    await this.#ended;
  }
}
