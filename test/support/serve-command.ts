import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { type CliResult, LFSB, linesOf } from './cli.ts';

/** `lfsb serve` as a process that is listening. */
export interface ServeCommand {
  readonly url: string;
  /** The lines of its log so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<CliResult>;
}

export interface ServeOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What to run instead of `lfsb serve`. */
  readonly command?: readonly string[];
}

/** Starts `lfsb serve` on a free port and waits until it listens; it is killed when the test ends. */
export async function serveCommand(options: ServeOptions): Promise<ServeCommand> {
  const { args = [], env = {}, cwd, command = [process.execPath, LFSB, 'serve'] } = options;
  const child = spawn(command[0]!, [...command.slice(1), ...args], {
    cwd,
    env: { ...process.env, LFSB_BIND: '127.0.0.1:0', LFSB_LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => killGroup(child.pid!));
  const out = { stdout: '', stderr: '' };
  const log: Record<string, unknown>[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text;
  });
  const ended = new Promise<CliResult>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...out }));
  });
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out.stdout += text;
      log.splice(0, log.length, ...recordsOf(out.stdout));
      const endpoint = log.find((line) => 'LITEFS_CLOUD_ENDPOINT' in line)?.['LITEFS_CLOUD_ENDPOINT'];
      if (typeof endpoint === 'string') resolve(endpoint);
    });
    void ended.then((result) => reject(new Error(`it ended: ${JSON.stringify(result)}`)));
  });
  return { url: await listening, log, kill: (signal) => void child.kill(signal), ended };
}

/** Nothing is left behind: what npm started does not end with npm. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The log among what was printed: npm, too, prints to standard output. */
const recordsOf = (printed: string): Record<string, unknown>[] =>
  linesOf(printed)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
