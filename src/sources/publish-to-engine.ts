import type { Engine } from '../engine/engine.ts';
import { LfsbError } from '../errors/index.ts';
import type { Actor } from '../events/index.ts';
import type { IncomingTransaction } from './source-thread.ts';

/** Where in the log a database's transactions go, and on whose behalf. */
export interface Destination {
  readonly cluster: string;
  readonly db: string;
  readonly actor: Actor;
}

/** Takes transactions in as those that come over HTTP are. @throws LfsbError when one is refused */
export function publishToEngine(
  engine: Pick<Engine, 'ingest'>,
  destination: Destination,
): (transaction: IncomingTransaction) => Promise<void> {
  return async ({ body }) => {
    const result = await engine.ingest({ ...destination, body, primary: null });
    if (result.kind === 'accepted') return;
    const { code, message } = result.refusal;
    throw new LfsbError(code, message);
  };
}
