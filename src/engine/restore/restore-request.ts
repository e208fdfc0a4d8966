import type { RestoreTarget } from '../../commands/decide-restore.ts';
import type { Refusal } from '../../commands/refusal.ts';
import type { Actor } from '../../events/index.ts';
import type { Pos } from '../../ltx/index.ts';
import type { IngestRefused } from '../writer/messages.ts';
import type { DatabaseKey } from './point-finder.ts';
import type { PointQuery } from './points.ts';

/** A point that is to be built and thrown away. */
export interface CheckRequest extends DatabaseKey {
  readonly query: PointQuery;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** A point that a database is to be set back to. */
export interface RestoreRequest extends CheckRequest {
  readonly actor: Actor;
}

/** What a restore would do, as things stand. */
export type CheckOutcome =
  | { readonly kind: 'checked'; readonly target: RestoreTarget }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A restore that is durable. */
export interface Restored {
  readonly kind: 'accepted';
  readonly pos: Pos;
  /** Page 1 was changed to say WAL, as the database does. */
  readonly journalModeForced: boolean;
}

export type RestoreOutcome =
  | Restored
  /** The database is at that point now. */
  | { readonly kind: 'unchanged'; readonly pos: Pos }
  | IngestRefused;
