import { EXIT } from '../src/errors/index.ts';

/** Exit code of a process whose reader went away: what a shell shows for SIGPIPE. */
const EXIT_CLOSED_PIPE = 141;

/** How long what has to end before the process does is waited for, ms. */
const LEAVE_MAX_MS = 10_000;

/** What is done at once when the process is interrupted; a promise that it returns is waited for. */
type Cleanup = () => unknown;

const cleanups = new Set<Cleanup>();
let takenOver = false;

function leave(exit: number): void {
  const ends = [...cleanups].map((cleanup) => cleanup()).filter((end) => end instanceof Promise);
  const exitNow = (): never => process.exit(exit);
  if (ends.length === 0) exitNow();
  setTimeout(exitNow, LEAVE_MAX_MS);
  void Promise.allSettled(ends).then(exitNow);
}

/** Runs `cleanup` if the process is interrupted before the returned function is called. */
export function whenInterrupted(cleanup: Cleanup): () => void {
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
      if (error.code !== 'EPIPE') throw error;
      leave(EXIT_CLOSED_PIPE);
    });
  }
}
