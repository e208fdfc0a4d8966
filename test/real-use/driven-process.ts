import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServerConfig } from '../../src/config/index.ts';

const SCRIPT = fileURLToPath(new URL('serve-driven.mjs', import.meta.url));

/** Lines of its log that are kept; a run says some hundreds. */
const LINES_MAX = 10_000;

/** The built server in a process of its own, by a clock that the test drives; it can be ended, killed, and started again. */
export class DrivenProcess {
  readonly #config: ServerConfig;
  #child: ChildProcess | null = null;
  #url = '';
  #now: { wall: number; monotonic: number };
  /** What it has warned of, and worse. */
  readonly complaints: { readonly level: string; readonly msg: string }[] = [];

  constructor(config: ServerConfig, wall: number) {
    this.#config = config;
    this.#now = { wall, monotonic: 0 };
  }

  /** Where it listens, or last listened. */
  get url(): string {
    return this.#url;
  }

  get now(): number {
    return this.#now.wall;
  }

  async start(): Promise<void> {
    const argument = JSON.stringify({ server: this.#config, now: this.#now });
    const child = fork(SCRIPT, [argument], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'], execArgv: [] });
    this.#child = child;
    createInterface({ input: child.stderr! }).on('line', (line) => this.#hear(line));
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the server ended: ${JSON.stringify(this.complaints.slice(-10))}`);
    });
    ended.catch(() => undefined);
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ url: string }];
    this.#url = message.url;
  }

  /** Time goes on, whether the server runs or not. */
  pass(milliseconds: number): void {
    const { wall, monotonic } = this.#now;
    this.#now = { wall: wall + milliseconds, monotonic: monotonic + milliseconds };
    if (this.#child?.connected === true) this.#child.send(this.#now);
  }

  /** What is no line of its log is the runtime's complaint. */
  #hear(line: string): void {
    if (this.complaints.length >= LINES_MAX) throw new Error(`more than ${LINES_MAX} complaints`);
    const parsed = line.startsWith('{') ? JSON.parse(line) : { level: 'fatal', msg: line };
    this.complaints.push(parsed as { level: string; msg: string });
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
