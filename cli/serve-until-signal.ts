import { Signals } from './signals.ts';

/** What of a running server is needed to run it until a signal. */
export interface Stoppable {
  /** Settles only when the server cannot go on, with or as the reason. */
  readonly failed: Promise<unknown>;
  close(reason: string): Promise<void>;
}

/**
 * Starts a server and runs it until SIGINT or SIGTERM, which may come while it starts; then it finishes what
 * is in flight. A second signal ends the process at once.
 */
export async function serveUntilSignal(start: () => Promise<Stoppable>): Promise<void> {
  const signalled = new Signals().first;
  const server = await start();
  const signal = await Promise.race([signalled, server.failed.then(raise)]).catch((error: unknown) =>
    closeFailed(server, error),
  );
  await server.close(signal);
}

/** What is still open would keep the process alive, and nobody would start it again. */
async function closeFailed(server: Stoppable, reason: unknown): Promise<never> {
  // That not all of it can be closed any more is part of the failure.
  await server.close('failed').catch(() => {});
  throw reason;
}

function raise(reason: unknown): never {
  throw reason instanceof Error ? reason : new Error(`the server failed: ${String(reason)}`);
}
