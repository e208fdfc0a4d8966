import {
  decideReplicaFailed,
  decideReplicaRecovered,
  decideStored,
  isLive,
  isToBeUndone,
} from '../../commands/decide-storage.ts';
import {
  databaseStream,
  replicaStream,
  SERVER_STREAM,
  SYSTEM_ACTOR,
  storageStream,
} from '../../events/index.ts';
import { configurePlaces } from '../../log/seal/places.ts';
import { incarnationOf } from '../../projections/databases.ts';
import { payloadsThrough as firstPayloads } from '../../projections/first-payloads.ts';
import { failingSince, isConfiguredAs } from '../../projections/replicas.ts';
import { isPassed, storedFileOf } from '../../projections/stored-files.ts';
import type { ClockState } from './clock-guard.ts';
import { record, type WriterContext } from './context.ts';
import { dropRow, isBeingPurged, putRow, rowOfKey, unfinishedPuts } from './outbox.ts';
import type {
  StorageBeginCommand,
  StorageClockCommand,
  StorageConfigureCommand,
  StorageDeletedCommand,
  StorageExpireCommand,
  StorageFailedCommand,
  StorageReplicaCommand,
  StorageReviewCommand,
  StorageStoredCommand,
} from './storage-messages.ts';
import { takeUpPurges } from './storage-purge.ts';

const metaOf = (wall: number) => ({ time: wall, actor: SYSTEM_ACTOR });

/** What the process before this one had under way has no known outcome, and counts as failed now. */
export function handleConfigure(command: StorageConfigureCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  const { configuration } = command;
  if (!isConfiguredAs(context.sql, configuration)) {
    record(context, SERVER_STREAM, [{ type: 'storage.configured', body: configuration }], metaOf(wall));
  }
  configurePlaces(context.sql, configuration.replicas);
  context.sql.run('UPDATE outbox SET failed_at = ?', wall);
  takeUpPurges(context, wall);
  return null;
}

export function handleClock(command: StorageClockCommand, { clock }: WriterContext): ClockState {
  clock.observe(command.clock);
  return clock.state(command.clock);
}

/** The row goes before the put, so that nothing is on a replica that nobody knows of. */
export function handleBegin(
  command: StorageBeginCommand,
  context: WriterContext,
): { readonly begun: boolean } {
  const { wall } = context.clock.observe(command.clock);
  const { file, key, reason } = command;
  const { cluster, db, replica } = file;
  const dying = rowOfKey(context.sql, replica, key);
  const begun =
    isLive(file.incarnation, incarnationOf(context.sql, cluster, db)) &&
    !isBeingPurged(context.sql, replica, cluster, db) &&
    (dying === null || dying.kind === 'put');
  if (begun) putRow(context.sql, { kind: 'put', ...file, key, reason, begunAt: wall, step: null });
  return { begun };
}

export function handleStored(
  command: StorageStoredCommand,
  context: WriterContext,
): { readonly recorded: boolean } {
  const { wall } = context.clock.observe(command.clock);
  const { key, body } = command;
  const events = decideStored(body, incarnationOf(context.sql, body.cluster, body.db));
  if (events.length === 0) return { recorded: false };
  record(context, storageStream(body.cluster, body.db, body.incarnation), events, metaOf(wall));
  dropRow(context.sql, body.replica, key);
  return { recorded: true };
}

export function handleFailed(command: StorageFailedCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  for (const key of command.keys) {
    context.sql.run(
      'UPDATE outbox SET failed_at = ? WHERE replica = ? AND key = ?',
      wall,
      command.replica,
      key,
    );
  }
  return null;
}

export function handleReplica(
  command: StorageReplicaCommand,
  context: WriterContext,
): { readonly changed: boolean } {
  const { wall } = context.clock.observe(command.clock);
  const { replica, failure } = command;
  const before = { name: replica, failingSince: failingSince(context.sql, replica) };
  const events =
    failure === null
      ? decideReplicaRecovered(before)
      : decideReplicaFailed(before, failure.code, failure.message);
  record(context, replicaStream(replica), events, metaOf(wall));
  return { changed: events.length > 0 };
}

/**
 * Nothing expires under a suspect clock, whatever the plan was made with; nor by a plan that does not know all that
 * is stored: what it would delete may be needed by now, since another replica's turn may have gone by another one.
 */
export function handleExpire(
  command: StorageExpireCommand,
  context: WriterContext,
): { readonly outcome: 'begun' | 'held' | 'stale' } {
  const { wall, trusted } = context.clock.observe(command.clock);
  const { cluster, db, incarnation, storedVersion, payloadsThrough } = command;
  if (!trusted || !isLive(incarnation, incarnationOf(context.sql, cluster, db))) return { outcome: 'held' };
  const version = context.store.version(storageStream(cluster, db, incarnation));
  if (version !== storedVersion) return { outcome: 'stale' };
  for (const { file, key, reason } of command.files) {
    putRow(context.sql, { kind: 'expire', ...file, key, reason, begunAt: wall, step: null });
  }
  if (payloadsThrough !== null) expirePayloads(command, payloadsThrough, context, wall);
  return { outcome: 'begun' };
}

function expirePayloads(
  { cluster, db, incarnation }: StorageExpireCommand,
  throughTxid: string,
  context: WriterContext,
  wall: number,
): void {
  const { sql } = context;
  const stream = databaseStream(cluster, db, incarnation);
  const { lastSeq, count, bytes } = firstPayloads(sql, stream, throughTxid);
  if (count === 0) return;
  sql.run(
    'INSERT INTO dead_payload SELECT seq, spool_name FROM payload WHERE stream = ? AND seq <= ?',
    stream,
    lastSeq,
  );
  const body = { cluster, db, incarnation, throughTxid, count, bytes: String(bytes) };
  record(
    context,
    storageStream(cluster, db, incarnation),
    [{ type: 'payloads.expired', body }],
    metaOf(wall),
  );
}

export function handleDeleted(command: StorageDeletedCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  for (const key of command.keys) {
    const row = rowOfKey(context.sql, command.replica, key);
    if (row === null) continue;
    if (row.kind === 'expire' && row.level !== null && row.minTxid !== null && row.maxTxid !== null) {
      const { cluster, db, incarnation, replica, minTxid, maxTxid, reason } = row;
      const level = row.level as 1 | 2 | 3 | 9;
      const body = { cluster, db, incarnation, replica, level, minTxid, maxTxid, reason };
      const stream = storageStream(cluster, db, incarnation);
      record(context, stream, [{ type: 'file.expired', body }], metaOf(wall));
    }
    if (row.kind !== 'put') dropRow(context.sql, command.replica, key);
  }
  return null;
}

export function handleReview(command: StorageReviewCommand, context: WriterContext): null {
  const { replica, cluster, db } = command;
  const current = incarnationOf(context.sql, cluster, db);
  for (const row of unfinishedPuts(context.sql, replica, cluster, db)) {
    const { level, minTxid, maxTxid } = row;
    if (level === null || minTxid === null || maxTxid === null) continue;
    // A replica that was away is given files below what it has by now.
    const wanted = command.wanted.includes(row.key);
    const passed = !wanted && isPassed(context.sql, { ...row, level, maxTxid });
    // What was to make a lost file anew may have done so: that one is on record, and goes when it expires.
    if (passed && storedFileOf(context.sql, { ...row, level, minTxid, maxTxid }) !== null) continue;
    if (isToBeUndone({ lives: isLive(row.incarnation, current), passed })) {
      putRow(context.sql, { ...row, kind: 'undo', reason: 'the plan changed before it was stored' });
    }
  }
  return null;
}
