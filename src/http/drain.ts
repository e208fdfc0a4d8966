import type { IncomingMessage } from 'node:http';

/** How much of a body is read on after its request was refused, bytes; what comes beyond ends the connection. */
export const DRAIN_BYTES_MAX = 64 * 1024 * 1024;

/** How long it is read on, ms. */
export const DRAIN_MS_MAX = 5_000;

/**
 * Reads the rest of a body and throws it away, within limits: a client that is still sending when the connection
 * closes may never hear why. Resolves at its end, at a limit, or when the client is gone.
 */
export function drain(body: IncomingMessage): Promise<void> {
  if (body.readableEnded || body.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let left = DRAIN_BYTES_MAX;
    const done = (): void => {
      clearTimeout(timer);
      body.off('readable', read).off('end', done).off('close', done).off('error', done);
      resolve();
    };
    // Not by `data`: whoever gave the body up may still listen to `readable`, and then nothing flows.
    const read = (): void => {
      for (let chunk = body.read(); chunk !== null && left >= 0; chunk = body.read()) {
        left -= (chunk as Buffer).byteLength;
      }
      if (left < 0) done();
    };
    const timer = setTimeout(done, DRAIN_MS_MAX);
    body.on('end', done).on('close', done).on('error', done).on('readable', read);
    read();
  });
}
