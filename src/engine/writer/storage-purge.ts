import { type EventDraft, SYSTEM_ACTOR, storageStream } from '../../events/index.ts';
import { deletionOf } from '../../projections/deletions.ts';
import { listReplicas } from '../../projections/replicas.ts';
import { record, type WriterContext } from './context.ts';
import { dropRow, lastFailureOf, putRow, rowOfKey } from './outbox.ts';
import type { StoragePurgeCommand } from './storage-messages.ts';

/** Where a deleted incarnation is known from the replica alone: `seq` is that of the deletion's event. */
export const tombstoneKey = (cluster: string, db: string, seq: number): string =>
  `.lfsb/deleted/${cluster}/${db}/${seq}`;

interface DeletedDatabase {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  /** Sequence number of the event of its deletion. */
  readonly seq: number;
}

/** A database was deleted: on every replica its objects go, in the background. */
export function beginPurges(context: WriterContext, deleted: DeletedDatabase, wall: number): void {
  for (const { name } of listReplicas(context.sql)) beginPurge(context, name, deleted, wall);
}

/** The last failure of anything under that name lives on in the purge: it may still take effect. */
function beginPurge(
  { sql }: WriterContext,
  replica: string,
  { cluster, db, incarnation, seq }: DeletedDatabase,
  wall: number,
): void {
  const key = tombstoneKey(cluster, db, seq);
  const failedAt = lastFailureOf(sql, replica, cluster, db);
  const none = { level: null, minTxid: null, maxTxid: null };
  const name = { replica, cluster, db, incarnation, key };
  const row = { kind: 'purge', ...name, ...none, begunAt: wall, step: 'tombstone' } as const;
  putRow(sql, { ...row, reason: 'the database was deleted' });
  if (failedAt === null) return;
  sql.run('UPDATE outbox SET failed_at = ? WHERE replica = ? AND key = ?', failedAt, replica, key);
}

/** After a start: a replica may have been out of the configuration when a database was deleted. */
export function takeUpPurges(context: WriterContext, wall: number): void {
  const dead = context.sql.all(
    `SELECT DISTINCT f.cluster AS cluster, f.db AS db, f.incarnation AS incarnation, f.replica AS replica
       FROM stored_file f JOIN replica r ON r.name = f.replica
       LEFT JOIN database d ON d.cluster = f.cluster AND d.db = f.db
       WHERE (d.incarnation IS NOT f.incarnation OR d.txid IS NULL) AND NOT EXISTS (
         SELECT 1 FROM outbox o WHERE o.replica = f.replica AND o.cluster = f.cluster AND o.db = f.db
           AND o.incarnation = f.incarnation AND o.kind = 'purge')`,
  );
  for (const row of dead) {
    const name = { cluster: String(row['cluster']), db: String(row['db']) };
    const incarnation = Number(row['incarnation']);
    const seq = deletionOf(context.sql, name.cluster, name.db, incarnation);
    if (seq !== null) beginPurge(context, String(row['replica']), { ...name, incarnation, seq }, wall);
  }
}

/** A purge has come further; with its last step everything that was under way for its incarnation is over. */
export function handlePurge(command: StoragePurgeCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  const { replica, key, step, objects } = command;
  const row = rowOfKey(context.sql, replica, key);
  if (row === null) return null;
  if (step !== 'done') {
    context.sql.run('UPDATE outbox SET step = ? WHERE replica = ? AND key = ?', step, replica, key);
    return null;
  }
  const { cluster, db, incarnation } = row;
  const purged: EventDraft = {
    type: 'database.purged',
    body: { cluster, db, incarnation, replica, objects },
  };
  record(context, storageStream(cluster, db, incarnation), [purged], { time: wall, actor: SYSTEM_ACTOR });
  context.sql.run(
    'DELETE FROM outbox WHERE replica = ? AND cluster = ? AND db = ? AND incarnation = ?',
    replica,
    cluster,
    db,
    incarnation,
  );
  dropRow(context.sql, replica, key);
  return null;
}
