import type { EventDraft } from '../events/index.ts';
import { formatChecksum, formatTxid } from '../ltx/index.ts';
import type { DatabaseState } from './database-state.ts';
import { type Refusal, refuse } from './refusal.ts';

export type DeleteDecision =
  | { readonly kind: 'accepted'; readonly events: readonly EventDraft[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Ends a database's incarnation. A name without one, also one deleted before, is ENODB. */
export function decideDelete({ cluster, db, incarnation, pos }: DatabaseState): DeleteDecision {
  if (pos === null) return { kind: 'refused', refusal: refuse('ENODB', 'database not found') };
  const body = {
    cluster,
    db,
    incarnation,
    txid: formatTxid(pos.txid),
    checksum: formatChecksum(pos.checksum),
  };
  return { kind: 'accepted', events: [{ type: 'database.deleted', body }] };
}
