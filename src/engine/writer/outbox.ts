import type { Sql, SqlRow } from '../../projections/index.ts';

export type OutboxKind = 'put' | 'undo' | 'expire' | 'purge';
export type PurgeStep = 'tombstone' | 'objects' | 'settle';

/** An effect on a replica that is under way (`migrations/0003-storage.sql`). */
export interface OutboxRow {
  readonly id: number;
  readonly kind: OutboxKind;
  readonly replica: string;
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  readonly key: string;
  readonly level: number | null;
  readonly minTxid: string | null;
  readonly maxTxid: string | null;
  readonly reason: string;
  readonly begunAt: number;
  readonly failedAt: number | null;
  readonly step: PurgeStep | null;
}

/** Rows of one replica read at a time; the others follow when these have their outcome. */
export const OUTBOX_PAGE = 1_000;

export interface NewRow {
  readonly kind: OutboxKind;
  readonly replica: string;
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  readonly key: string;
  readonly level: number | null;
  readonly minTxid: string | null;
  readonly maxTxid: string | null;
  readonly reason: string;
  readonly begunAt: number;
  readonly step: PurgeStep | null;
}

/** What is under way on a replica. */
export interface ReplicaWork {
  /** Files being stored, and deletions. */
  readonly storing: number;
  readonly deleting: number;
  /** What was begun and has failed: it is tried again. */
  readonly retrying: number;
}

export function workOn(sql: Sql, replica: string): ReplicaWork {
  const row = sql.get(
    `SELECT coalesce(sum(kind = 'put' AND failed_at IS NULL), 0) AS storing,
       coalesce(sum(kind <> 'put' AND failed_at IS NULL), 0) AS deleting,
       count(failed_at) AS retrying FROM outbox WHERE replica = ?`,
    replica,
  );
  return {
    storing: Number(row?.['storing']),
    deleting: Number(row?.['deleting']),
    retrying: Number(row?.['retrying']),
  };
}

/** Writes a row; one that is there for the same key is taken up again. Its last failure stays known. */
export function putRow(sql: Sql, row: NewRow): void {
  sql.run(
    `INSERT INTO outbox (kind, replica, cluster, db, incarnation, key, level, min_txid, max_txid, reason, begun_at, step)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (replica, key) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, step = excluded.step`,
    row.kind,
    row.replica,
    row.cluster,
    row.db,
    row.incarnation,
    row.key,
    row.level,
    row.minTxid,
    row.maxTxid,
    row.reason,
    row.begunAt,
    row.step,
  );
}

export const dropRow = (sql: Sql, replica: string, key: string): void => {
  sql.run('DELETE FROM outbox WHERE replica = ? AND key = ?', replica, key);
};

export function rowOfKey(sql: Sql, replica: string, key: string): OutboxRow | null {
  const row = sql.get('SELECT * FROM outbox WHERE replica = ? AND key = ?', replica, key);
  return row === undefined ? null : outboxRow(row);
}

/** The oldest rows of some kinds on a replica. */
export const rowsOfKind = (sql: Sql, replica: string, kind: OutboxKind): OutboxRow[] =>
  sql
    .all(
      'SELECT * FROM outbox WHERE replica = ? AND kind = ? ORDER BY id LIMIT ?',
      replica,
      kind,
      OUTBOX_PAGE,
    )
    .map(outboxRow);

/** All rows of a name on a replica, whatever the incarnation. */
export const rowsOfName = (sql: Sql, replica: string, cluster: string, db: string): OutboxRow[] =>
  sql
    .all(
      'SELECT * FROM outbox WHERE replica = ? AND cluster = ? AND db = ? ORDER BY id LIMIT ?',
      replica,
      cluster,
      db,
      OUTBOX_PAGE,
    )
    .map(outboxRow);

/** The puts of a name on a replica that have no outcome: a handful. */
export const unfinishedPuts = (sql: Sql, replica: string, cluster: string, db: string): OutboxRow[] =>
  sql
    .all(
      "SELECT * FROM outbox WHERE replica = ? AND cluster = ? AND db = ? AND kind = 'put' ORDER BY id LIMIT ?",
      replica,
      cluster,
      db,
      OUTBOX_PAGE,
    )
    .map(outboxRow);

/** The oldest deletion of a name that a replica has yet to carry out, or null. */
export function oldestPurge(sql: Sql, replica: string, cluster: string, db: string): OutboxRow | null {
  const row = sql.get(
    "SELECT * FROM outbox WHERE replica = ? AND cluster = ? AND db = ? AND kind = 'purge' ORDER BY id LIMIT 1",
    replica,
    cluster,
    db,
  );
  return row === undefined ? null : outboxRow(row);
}

/** When anything under a name on a replica last failed, ms; null when nothing unfinished did. */
export function lastFailureOf(sql: Sql, replica: string, cluster: string, db: string): number | null {
  const row = sql.get(
    'SELECT max(failed_at) AS at FROM outbox WHERE replica = ? AND cluster = ? AND db = ?',
    replica,
    cluster,
    db,
  );
  return numberOrNull(row?.['at']);
}

/** Whether a deleted database of this name still has objects on a replica. */
export const isBeingPurged = (sql: Sql, replica: string, cluster: string, db: string): boolean =>
  sql.get(
    "SELECT 1 AS held FROM outbox WHERE replica = ? AND cluster = ? AND db = ? AND kind = 'purge' LIMIT 1",
    replica,
    cluster,
    db,
  ) !== undefined;

/** Keys of a name whose deletion has begun: nothing may be made of those files any more. */
export const dyingKeys = (sql: Sql, cluster: string, db: string): Set<string> =>
  new Set(
    sql
      .all(
        "SELECT replica, key FROM outbox WHERE cluster = ? AND db = ? AND kind IN ('undo', 'expire')",
        cluster,
        db,
      )
      .map((row) => `${String(row['replica'])}:${String(row['key'])}`),
  );

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function outboxRow(row: SqlRow): OutboxRow {
  return {
    id: Number(row['id']),
    kind: row['kind'] as OutboxKind,
    replica: String(row['replica']),
    cluster: String(row['cluster']),
    db: String(row['db']),
    incarnation: Number(row['incarnation']),
    key: String(row['key']),
    level: numberOrNull(row['level']),
    minTxid: textOrNull(row['min_txid']),
    maxTxid: textOrNull(row['max_txid']),
    reason: String(row['reason']),
    begunAt: Number(row['begun_at']),
    failedAt: numberOrNull(row['failed_at']),
    step: textOrNull(row['step']) as PurgeStep | null,
  };
}
