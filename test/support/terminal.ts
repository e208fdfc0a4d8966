import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('./terminal.py', import.meta.url));
/** What hangs is given up; what is slow on a busy machine is not. */
const SECONDS_MAX = 150;

export interface PtyOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed, each when the text before it has appeared. */
  readonly steps?: readonly { readonly wait: string; readonly send: string }[];
  readonly rows?: number;
  readonly columns?: number;
}

/** What a command wrote to its terminal, and its exit code; -9 when it did not end by itself. */
export interface PtyResult {
  readonly code: number;
  readonly output: string;
}

/** Runs a command on a pseudo-terminal, standard input included. */
export async function onTerminal(argv: readonly string[], options: PtyOptions = {}): Promise<PtyResult> {
  const { steps = [], rows = 40, columns = 200 } = options;
  const env = { NO_COLOR: '', TERM: 'xterm-256color', ...options.env };
  const job = JSON.stringify({ argv, env, steps, rows, columns, seconds: SECONDS_MAX });
  const { stdout } = await promisify(execFile)('python3', [SCRIPT, job], { maxBuffer: 64 * 1024 * 1024 });
  const at = stdout.lastIndexOf('\n', stdout.length - 2);
  return { code: Number(stdout.slice(at + 1)), output: stdout.slice(0, at).replaceAll('\r\n', '\n') };
}
