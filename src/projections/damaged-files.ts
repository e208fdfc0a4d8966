import type { EventBody } from '../events/index.ts';
import type { Projection, Sql } from './projection.ts';
import type { FileName } from './stored-files.ts';

/** A stored file that is not what was stored. */
export interface DamagedFileRow extends FileName {
  /** When that was found, ms. */
  readonly since: number;
  /** Nothing is there; else other bytes are. */
  readonly missing: boolean;
}

/** Files on record that are missing or damaged, until they are stored again or expire. */
export const damagedFiles: Projection = {
  name: 'damaged-files',
  version: 1,
  tables: [
    `CREATE TABLE damaged_file (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      replica TEXT NOT NULL,
      level INTEGER NOT NULL,
      min_txid TEXT NOT NULL,
      max_txid TEXT NOT NULL,
      since INTEGER NOT NULL,
      missing INTEGER NOT NULL,
      PRIMARY KEY (cluster, db, incarnation, replica, level, max_txid, min_txid)
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['DROP TABLE IF EXISTS damaged_file'],
  // Nobody looked for damage before.
  fromCheckpoint: { 0: [] },
  apply(sql, event) {
    switch (event.type) {
      case 'file.damaged':
        return damaged(sql, event.body, event.time);
      case 'file.found':
      case 'file.stored':
      case 'file.expired':
        sql.run(`DELETE FROM damaged_file WHERE ${IS_FILE}`, ...keyOf(event.body));
        return;
      case 'database.purged': {
        const { cluster, db, incarnation, replica } = event.body;
        const of = [cluster, db, incarnation, replica];
        sql.run(
          'DELETE FROM damaged_file WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ?',
          ...of,
        );
        return;
      }
      default:
        return;
    }
  },
};

const IS_FILE =
  'cluster = ? AND db = ? AND incarnation = ? AND replica = ? AND level = ? AND max_txid = ? AND min_txid = ?';

const keyOf = (file: FileName) =>
  [file.cluster, file.db, file.incarnation, file.replica, file.level, file.maxTxid, file.minTxid] as const;

function damaged(sql: Sql, body: EventBody<'file.damaged'>, time: number): void {
  const { cluster, db, incarnation, replica, level, minTxid, maxTxid, found } = body;
  sql.run(
    'INSERT OR IGNORE INTO damaged_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[cluster, db, incarnation, replica, level, minTxid, maxTxid, time],
    found === null ? 1 : 0,
  );
}

/** Whether a file is known to be missing or damaged. */
export const isDamaged = (sql: Sql, file: FileName): boolean =>
  sql.get(`SELECT 1 AS known FROM damaged_file WHERE ${IS_FILE}`, ...keyOf(file)) !== undefined;

/** The first of what is missing or damaged of one incarnation on all replicas, in the order of their names. */
export const damagedFilesOf = (
  sql: Sql,
  of: readonly [cluster: string, db: string, incarnation: number],
  most = Number.MAX_SAFE_INTEGER,
): DamagedFileRow[] =>
  sql
    .all('SELECT * FROM damaged_file WHERE cluster = ? AND db = ? AND incarnation = ? LIMIT ?', ...of, most)
    .map((row) => ({
      cluster: String(row['cluster']),
      db: String(row['db']),
      incarnation: Number(row['incarnation']),
      replica: String(row['replica']),
      level: Number(row['level']),
      minTxid: String(row['min_txid']),
      maxTxid: String(row['max_txid']),
      since: Number(row['since']),
      missing: row['missing'] === 1,
    }));

/** How many files are missing or damaged on each replica that has any. */
export const damagedCounts = (sql: Sql): Map<string, number> =>
  new Map(
    sql
      .all('SELECT replica, count(*) AS files FROM damaged_file GROUP BY replica')
      .map((row) => [String(row['replica']), Number(row['files'])]),
  );
