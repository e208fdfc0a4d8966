import type { ClockReading } from '../../commands/clock.ts';
import { decideDamaged, decideFound, type SuspectFile } from '../../commands/decide-damage.ts';
import type { Incarnation } from '../../commands/decide-storage.ts';
import { type EventBody, type EventDraft, SYSTEM_ACTOR, storageStream } from '../../events/index.ts';
import { isDamaged } from '../../projections/damaged-files.ts';
import { incarnationOf } from '../../projections/databases.ts';
import { storedFileOf } from '../../projections/stored-files.ts';
import { record, type WriterContext } from './context.ts';
import { dropRow, rowOfKey } from './outbox.ts';

interface Looked {
  readonly key: string;
  /** That the file had when it was looked at: it may have been stored again since. */
  readonly sha256: string;
  readonly clock: ClockReading;
}

/** A second look has found a stored file missing or damaged. */
export interface StorageDamagedCommand extends Looked {
  readonly type: 'storage.damaged';
  readonly body: EventBody<'file.damaged'>;
}

/** A later look has found it as it was stored. */
export interface StorageFoundCommand extends Looked {
  readonly type: 'storage.found';
  readonly body: EventBody<'file.found'>;
}

export interface DamageCommands {
  /** False when it is on record already, or the file is rightly gone. */
  'storage.damaged': { command: StorageDamagedCommand; result: { readonly recorded: boolean } };
  'storage.found': { command: StorageFoundCommand; result: { readonly recorded: boolean } };
}

type Decide<B> = (body: B, suspect: SuspectFile, current: Incarnation | null) => EventDraft[];

export const handleDamaged = (command: StorageDamagedCommand, context: WriterContext) =>
  recordLook(command, decideDamaged, context);

/** It may be there again by a put of ours whose outcome nobody knew: now it is known. */
export function handleFound(command: StorageFoundCommand, context: WriterContext) {
  const { key, body } = command;
  const outcome = recordLook(command, decideFound, context);
  const isPut = rowOfKey(context.sql, body.replica, key)?.kind === 'put';
  if (outcome.recorded && isPut) dropRow(context.sql, body.replica, key);
  return outcome;
}

function recordLook<B extends EventBody<'file.found'>>(
  { key, sha256, body, clock }: Looked & { readonly body: B },
  decide: Decide<B>,
  context: WriterContext,
): { readonly recorded: boolean } {
  const { wall } = context.clock.observe(clock);
  const { sql } = context;
  const { cluster, db, incarnation, replica } = body;
  const row = rowOfKey(sql, replica, key);
  const suspect = {
    stored: storedFileOf(sql, body)?.sha256 === sha256,
    dying: row !== null && row.kind !== 'put',
    damaged: isDamaged(sql, body),
  };
  const events = decide(body, suspect, incarnationOf(sql, cluster, db));
  record(context, storageStream(cluster, db, incarnation), events, { time: wall, actor: SYSTEM_ACTOR });
  return { recorded: events.length > 0 };
}
