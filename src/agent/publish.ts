import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { IngestService } from '../engine/ingest/ingest-service.ts';
import { LfsbError } from '../errors/index.ts';
import { SYSTEM_ACTOR } from '../events/index.ts';
import type { Publish } from '../sources/transaction.ts';
import { AGENT_CLUSTER } from './names.ts';

/** Hands transactions of a live file to the command that takes those of a LiteFS. */
export const publishTo =
  (ingest: IngestService, db: string): Publish =>
  async ({ pieces }) => {
    const body = Readable.from(bodyOf(pieces), { objectMode: false });
    const actor = { ...SYSTEM_ACTOR, cluster: AGENT_CLUSTER };
    const result = await ingest.receive({ cluster: AGENT_CLUSTER, db, body, actor, primary: null });
    if (result.kind === 'refused') throw new LfsbError(result.refusal.code, result.refusal.message);
  };

/** A piece that is not there yet is a chance for others: a large database takes seconds. */
async function* bodyOf(pieces: Iterable<Uint8Array | null>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece === null) await setImmediate();
    else if (piece.byteLength > 0) yield piece;
  }
}
