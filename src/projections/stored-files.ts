import type { EventBody } from '../events/index.ts';
import { fileColumns } from './file-columns.ts';
import type { Projection, Sql, SqlRow } from './projection.ts';

/** A file of level 1 or above, as its event describes it. TXIDs and checksums are 16 hex digits. */
export interface StoredFileRow {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  readonly replica: string;
  readonly level: number;
  readonly minTxid: string;
  readonly maxTxid: string;
  readonly pageSize: number;
  readonly commit: number;
  readonly preApplyChecksum: string;
  readonly postApplyChecksum: string;
  /** Of its last transaction, ms, as is `receivedAt`. */
  readonly effectiveTime: number;
  readonly receivedAt: number;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** Which stored file. */
export type FileName = Pick<
  StoredFileRow,
  'cluster' | 'db' | 'incarnation' | 'replica' | 'level' | 'minTxid' | 'maxTxid'
>;

/** The catalogue of levels 1 and above: which file is on which replica. */
export const storedFiles: Projection = {
  name: 'stored-files',
  version: 1,
  tables: [
    `CREATE TABLE stored_file (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      replica TEXT NOT NULL,
      level INTEGER NOT NULL,
      min_txid TEXT NOT NULL,
      max_txid TEXT NOT NULL,
      page_size INTEGER NOT NULL,
      commit_pages INTEGER NOT NULL,
      pre_apply TEXT NOT NULL,
      post_apply TEXT NOT NULL,
      effective_time INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      size_bytes INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      PRIMARY KEY (cluster, db, incarnation, replica, level, max_txid, min_txid)
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['DROP TABLE IF EXISTS stored_file'],
  apply(sql, event) {
    if (event.type === 'file.stored') stored(sql, event.body);
    else if (event.type === 'file.expired') expired(sql, event.body);
    else if (event.type === 'database.purged') purged(sql, event.body);
  },
};

function stored(sql: Sql, body: EventBody<'file.stored'>): void {
  sql.run(
    'INSERT OR REPLACE INTO stored_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    body.cluster,
    body.db,
    body.incarnation,
    body.replica,
    body.level,
    body.minTxid,
    body.maxTxid,
    body.pageSize,
    body.commit,
    body.preApplyChecksum,
    body.postApplyChecksum,
    body.effectiveTime,
    body.receivedAt,
    BigInt(body.sizeBytes),
    body.sha256,
  );
}

function expired(sql: Sql, body: EventBody<'file.expired'>): void {
  sql.run(
    `DELETE FROM stored_file WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ? AND level = ?
       AND max_txid = ? AND min_txid = ?`,
    body.cluster,
    body.db,
    body.incarnation,
    body.replica,
    body.level,
    body.maxTxid,
    body.minTxid,
  );
}

function purged(sql: Sql, body: EventBody<'database.purged'>): void {
  sql.run(
    'DELETE FROM stored_file WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ?',
    body.cluster,
    body.db,
    body.incarnation,
    body.replica,
  );
}

/** The files of one incarnation on all replicas, those of a level in the order of their TXIDs. */
export const storedFilesOf = (sql: Sql, cluster: string, db: string, incarnation: number): StoredFileRow[] =>
  sql
    .all(
      'SELECT * FROM stored_file WHERE cluster = ? AND db = ? AND incarnation = ? ORDER BY replica, level, max_txid, min_txid',
      cluster,
      db,
      incarnation,
    )
    .map(rowOf);

/** A file of a replica by its name; null when it is not on record. */
export function storedFileOf(sql: Sql, name: FileName): StoredFileRow | null {
  const row = sql.get(
    `SELECT * FROM stored_file WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ? AND level = ?
       AND max_txid = ? AND min_txid = ?`,
    ...[name.cluster, name.db, name.incarnation, name.replica, name.level, name.maxTxid, name.minTxid],
  );
  return row === undefined ? null : rowOf(row);
}

/** Whether a replica has a file of this level or above that reaches a TXID: the level will not go back there. */
export const isPassed = (
  sql: Sql,
  file: Pick<StoredFileRow, 'cluster' | 'db' | 'incarnation' | 'replica' | 'level' | 'maxTxid'>,
): boolean =>
  sql.get(
    `SELECT 1 AS passed FROM stored_file WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ?
       AND level >= ? AND max_txid >= ? LIMIT 1`,
    file.cluster,
    file.db,
    file.incarnation,
    file.replica,
    file.level,
    file.maxTxid,
  ) !== undefined;

function rowOf(row: SqlRow): StoredFileRow {
  return {
    cluster: String(row['cluster']),
    db: String(row['db']),
    incarnation: Number(row['incarnation']),
    replica: String(row['replica']),
    level: Number(row['level']),
    ...fileColumns(row),
  };
}
