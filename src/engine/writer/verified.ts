import type { ClockReading } from '../../commands/clock.ts';
import { isLive } from '../../commands/decide-storage.ts';
import { type Actor, type EventBody, storageStream } from '../../events/index.ts';
import { incarnationOf } from '../../projections/databases.ts';
import type { WriterContext } from './context.ts';

/** A drill has ended. */
export interface VerifiedCommand {
  readonly type: 'verified';
  readonly body: EventBody<'database.verified'>;
  readonly actor: Actor;
  readonly clock: ClockReading;
}

export interface VerifiedCommands {
  /** The number of the event; null when the database was deleted meanwhile. */
  verified: { command: VerifiedCommand; result: { readonly seq: number | null } };
}

/** Records what a drill found, unless its database is no more. */
export function handleVerified(
  { body, actor, clock }: VerifiedCommand,
  context: WriterContext,
): VerifiedCommands['verified']['result'] {
  const { wall } = context.clock.observe(clock);
  const { cluster, db, incarnation } = body;
  if (!isLive(incarnation, incarnationOf(context.sql, cluster, db))) return { seq: null };
  const stream = storageStream(cluster, db, incarnation);
  const draft = { type: 'database.verified', body } as const;
  const meta = { time: wall, actor };
  const [event] = context.store.append(stream, context.store.version(stream), [draft], meta);
  return { seq: event?.seq ?? null };
}
