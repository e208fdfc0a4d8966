import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export type Language = 'shell' | 'python' | 'node';

const DONE = '--done--';

const COMMANDS: Record<Language, (path: string) => readonly [string, readonly string[]]> = {
  shell: (path) => ['sqlite3', ['-batch', '-cmd', '.timeout 5000', path]],
  python: (path) => ['python3', [fileURLToPath(new URL('./writer.py', import.meta.url)), path]],
  node: (path) => [process.execPath, [fileURLToPath(new URL('./writer-child.mjs', import.meta.url)), path]],
};

/** An application in a process of its own, which has a database open and does what it is told. */
export class Writer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Array<{ resolve: (output: string) => void; reject: (error: Error) => void }> = [];
  #output: string[] = [];
  #complaints = '';

  constructor(language: Language, path: string) {
    const [command, args] = COMMANDS[language](path);
    this.#child = spawn(command, args);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#line(line));
    this.#child.stderr.on('data', (text) => {
      this.#complaints += String(text);
    });
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting) reject(new Error(`the writer ended: ${this.#complaints}`));
    });
    this.#child.stdin.on('error', () => {});
    onTestFinished(() => this.kill());
  }

  /** Runs statements on one line; resolves to what they print once they are through. */
  run(sql: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${sql.replaceAll('\n', ' ')}\n.print ${DONE}\n`);
    });
  }

  kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }

  /** Closes its connection and ends. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.stdin.end();
    });
  }

  #line(line: string): void {
    if (line !== DONE) {
      this.#output.push(line);
      return;
    }
    const output = this.#output.join('\n');
    this.#output = [];
    this.#waiting.shift()?.resolve(output);
  }
}
