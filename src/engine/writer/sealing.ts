import { type EventDraft, replicaStream, SYSTEM_ACTOR } from '../../events/index.ts';
import { CHECKPOINTS_KEPT } from '../../log/seal/limits.ts';
import { placeOf } from '../../log/seal/places.ts';
import { recordSegment } from '../../log/seal/segments.ts';
import { trim } from '../../log/trim.ts';
import { record, type WriterContext } from './context.ts';
import type {
  CheckpointExpiredCommand,
  CheckpointMadeCommand,
  CheckpointPresentCommand,
  CheckpointStoredCommand,
  LogTrimCommand,
  SealBeginCommand,
  SealStoredCommand,
} from './sealing-messages.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The row goes before the put, and what it says stays the same until there is an outcome. */
export function handleSealBegin(
  command: SealBeginCommand,
  context: WriterContext,
): { readonly begun: boolean } {
  const { wall } = context.clock.observe(command.clock);
  const { replica, kind, firstSeq, lastSeq } = command;
  const place = placeOf(context.sql, replica);
  if (place === null) return { begun: false };
  context.sql.run(
    'INSERT INTO log_put VALUES (?, ?, ?, ?, ?) ON CONFLICT (place) DO NOTHING',
    place,
    kind,
    firstSeq,
    lastSeq,
    wall,
  );
  const row = context.sql.get('SELECT kind, first_seq, last_seq FROM log_put WHERE place = ?', place);
  const begun = row?.['kind'] === kind && row['first_seq'] === firstSeq && row['last_seq'] === lastSeq;
  return { begun };
}

export function handleSealStored(command: SealStoredCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  const { replica, facts, sizeBytes, sha256 } = command;
  const place = known(context, replica);
  const { firstSeq, lastSeq, previous, hash, timeMin, timeMax, textBytes } = facts;
  const hashes = { previousHash: hex(previous), hash: hex(hash) };
  const sizes = { textBytes: String(textBytes), sizeBytes: String(sizeBytes), sha256 };
  const body = { replica, firstSeq, lastSeq, ...hashes, timeMin, timeMax, ...sizes };
  recordSegment(context.sql, place, facts, wall);
  note(context, replica, [{ type: 'log.sealed', body }], wall);
  context.sql.run('DELETE FROM log_put WHERE place = ?', place);
  return null;
}

/** The deletion of older ones begins here, so that they are counted on no more whatever comes of it. */
export function handleCheckpointStored(command: CheckpointStoredCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  const { sql } = context;
  const { replica, seq, sizeBytes, sha256 } = command;
  const place = known(context, replica);
  const base = sql.get<{ hash: Uint8Array }>('SELECT hash FROM log_base WHERE seq = ?', seq);
  sql.run('DELETE FROM log_put WHERE place = ?', place);
  if (base === undefined) return null;
  sql.run('INSERT INTO log_checkpoint (place, seq, stored_at) VALUES (?, ?, ?)', place, seq, wall);
  const body = { replica, seq, hash: hex(base.hash), sizeBytes: String(sizeBytes), sha256 };
  note(context, replica, [{ type: 'checkpoint.stored', body }], wall);
  sql.run(
    `UPDATE log_checkpoint SET is_expiring = 1 WHERE place = ? AND seq NOT IN (
       SELECT seq FROM log_checkpoint WHERE place = ? ORDER BY seq DESC LIMIT ${CHECKPOINTS_KEPT})`,
    place,
    place,
  );
  return null;
}

export function handleCheckpointExpired(command: CheckpointExpiredCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  const { replica, seqs } = command;
  const place = known(context, replica);
  const events: EventDraft[] = [];
  for (const seq of seqs) {
    const { changes } = context.sql.run(
      'DELETE FROM log_checkpoint WHERE place = ? AND seq = ? AND is_expiring = 1',
      place,
      seq,
    );
    if (changes > 0) events.push({ type: 'checkpoint.expired', body: { replica, seq } });
  }
  note(context, replica, events, wall);
  return null;
}

export function handleCheckpointMade(command: CheckpointMadeCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  context.sql.run('INSERT OR REPLACE INTO log_base VALUES (?, ?, ?)', command.seq, command.hash, wall);
  return null;
}

export function handleCheckpointPresent({ seqs }: CheckpointPresentCommand, { sql }: WriterContext): null {
  const list = JSON.stringify(seqs);
  sql.run('DELETE FROM log_base WHERE seq NOT IN (SELECT value FROM json_each(?))', list);
  // A checkpoint that is not here cannot be put any more: a new one will be.
  sql.run(
    "DELETE FROM log_put WHERE kind = 'checkpoint' AND last_seq NOT IN (SELECT value FROM json_each(?))",
    list,
  );
  return null;
}

export const handleLogTrim = (
  { through }: LogTrimCommand,
  { sql }: WriterContext,
): { readonly more: boolean } => ({ more: trim(sql, through) });

function known({ sql }: WriterContext, replica: string): number {
  const place = placeOf(sql, replica);
  if (place === null) throw new Error(`${replica} is no replica of the configuration`);
  return place;
}

const note = (context: WriterContext, replica: string, events: readonly EventDraft[], wall: number): void =>
  record(context, replicaStream(replica), events, { time: wall, actor: SYSTEM_ACTOR });
