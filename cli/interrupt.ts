import { EXIT } from '../src/errors/index.ts';

/** Exit code of a process whose reader went away: what a shell shows for SIGPIPE. */
const EXIT_CLOSED_PIPE = 141;

const cleanups = new Set<() => void>();
let takenOver = false;

function leave(exit: number): never {
  for (const cleanup of cleanups) cleanup();
  process.exit(exit);
}

/** Runs `cleanup` (synchronously) if the process is interrupted before the returned function is called. */
export function whenInterrupted(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** From here on SIGINT and SIGTERM are the caller's, as a server needs that finishes what is in flight. */
export function takeOverSignals(onSignal: (signal: NodeJS.Signals) => void): void {
  takenOver = true;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
}

/** Makes an interrupted command clean up and exit 130, and a closed pipe end it without a word. */
export function installInterrupts(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!takenOver) leave(EXIT.interrupted);
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') leave(EXIT_CLOSED_PIPE);
      throw error;
    });
  }
}
