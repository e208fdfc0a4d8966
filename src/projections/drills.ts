import type { EventBody } from '../events/index.ts';
import type { Projection, Sql } from './projection.ts';
import type { StoredFileRow } from './stored-files.ts';

/** The last restore drill of a database. Times are in ms. */
export interface LastDrill {
  readonly at: number;
  /** Number of its event. */
  readonly seq: number;
  readonly outcome: 'passed' | 'failed';
  readonly points: number;
  readonly failed: number;
  /** The newest point that it built, 16 hex digits. */
  readonly txid: string;
  /** What it found first, where it failed. */
  readonly message: string | null;
  /** When one passed last; null when none has. */
  readonly passedAt: number | null;
}

/** Which stored file. */
export type DrilledFileName = Pick<
  StoredFileRow,
  'cluster' | 'db' | 'incarnation' | 'replica' | 'level' | 'minTxid' | 'maxTxid'
>;

/** The last drill of each database, and when which large file was last found right by one. */
export const drills: Projection = {
  name: 'drills',
  version: 1,
  tables: [
    `CREATE TABLE drill (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      at INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      points INTEGER NOT NULL,
      failed INTEGER NOT NULL,
      txid TEXT NOT NULL,
      message TEXT,
      passed_at INTEGER,
      PRIMARY KEY (cluster, db)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE drilled_file (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      replica TEXT NOT NULL,
      level INTEGER NOT NULL,
      min_txid TEXT NOT NULL,
      max_txid TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (cluster, db, incarnation, replica, level, max_txid, min_txid)
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['DROP TABLE IF EXISTS drill', 'DROP TABLE IF EXISTS drilled_file'],
  apply(sql, event) {
    switch (event.type) {
      case 'database.verified':
        return verified(sql, event.body, event);
      case 'file.stored':
      case 'file.expired':
        return forgetFile(sql, event.body);
      case 'database.deleted': {
        const { cluster, db } = event.body;
        sql.run('DELETE FROM drill WHERE cluster = ? AND db = ?', cluster, db);
        sql.run('DELETE FROM drilled_file WHERE cluster = ? AND db = ?', cluster, db);
        return;
      }
      default:
        return;
    }
  },
};

function verified(
  sql: Sql,
  body: EventBody<'database.verified'>,
  { time, seq }: { readonly time: number; readonly seq: number },
): void {
  const { cluster, db, incarnation, outcome, failure } = body;
  sql.run(
    `INSERT INTO drill VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cluster, db) DO UPDATE SET
       at = excluded.at, seq = excluded.seq, outcome = excluded.outcome, points = excluded.points,
       failed = excluded.failed, txid = excluded.txid, message = excluded.message,
       passed_at = coalesce(excluded.passed_at, passed_at)`,
    cluster,
    db,
    time,
    seq,
    outcome,
    body.points,
    body.failed,
    body.txid,
    failure?.message ?? null,
    outcome === 'passed' ? time : null,
  );
  for (const { replica, level, minTxid, maxTxid } of body.largest) {
    sql.run(
      'INSERT OR REPLACE INTO drilled_file VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      cluster,
      db,
      incarnation,
      replica,
      level,
      minTxid,
      maxTxid,
      time,
    );
  }
  if (failure?.file == null || failure.replica === null) return;
  forgetFile(sql, { cluster, db, incarnation, replica: failure.replica, ...failure.file });
}

/** What took the place of a file, or was found damaged, is not proven by what was there before. */
function forgetFile(sql: Sql, file: DrilledFileName): void {
  sql.run(
    `DELETE FROM drilled_file WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ? AND level = ?
       AND max_txid = ? AND min_txid = ?`,
    ...keyOf(file),
  );
}

const keyOf = (file: DrilledFileName) =>
  [file.cluster, file.db, file.incarnation, file.replica, file.level, file.maxTxid, file.minTxid] as const;

/** The last drill of a database that lives; null when there was none. */
export function lastDrill(sql: Sql, cluster: string, db: string): LastDrill | null {
  const row = sql.get('SELECT * FROM drill WHERE cluster = ? AND db = ?', cluster, db);
  if (row === undefined) return null;
  const { message, passed_at: passedAt } = row;
  return {
    at: Number(row['at']),
    seq: Number(row['seq']),
    outcome: row['outcome'] === 'passed' ? 'passed' : 'failed',
    points: Number(row['points']),
    failed: Number(row['failed']),
    txid: String(row['txid']),
    message: typeof message === 'string' ? message : null,
    passedAt: typeof passedAt === 'number' ? passedAt : null,
  };
}

/** When a drill last read a stored file and found it right, ms; null when none has, or it was not among the largest. */
export function fileDrilledAt(sql: Sql, file: DrilledFileName): number | null {
  const row = sql.get(
    `SELECT at FROM drilled_file WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ? AND level = ?
       AND max_txid = ? AND min_txid = ?`,
    ...keyOf(file),
  );
  return row === undefined ? null : Number(row['at']);
}
