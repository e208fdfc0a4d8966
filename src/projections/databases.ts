import type { DatabaseState, JournalMode } from '../commands/database-state.ts';
import type { Incarnation } from '../commands/decide-storage.ts';
import type { EventBody, RecordedEvent, TransactionType } from '../events/index.ts';
import { parseChecksum, parseTxid } from '../ltx/index.ts';
import type { Projection, Sql, SqlRow } from './projection.ts';

/** Names listed in one page of `listDatabases`. */
export const DATABASES_PAGE = 1_000;

/** Every database name the log knows, with the position of the incarnation that lives. */
export const databases: Projection = {
  name: 'databases',
  version: 5,
  tables: [
    `CREATE TABLE database (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      page_size INTEGER NOT NULL,
      commit_pages INTEGER NOT NULL DEFAULT 0,
      txid TEXT,
      checksum TEXT,
      min_txid TEXT,
      pre_apply TEXT,
      effective_time INTEGER,
      received_at INTEGER,
      journal_mode TEXT,
      failing_since INTEGER,
      withheld INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      until_whole INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (cluster, db)
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['DROP TABLE IF EXISTS database'],
  // What an import went on from was kept then, and says too little only until the next transaction.
  fromCheckpoint: {
    3: ['INSERT INTO database SELECT *, 0 FROM base.projection_database'],
    4: ['INSERT INTO database SELECT *, 0 FROM base.projection_database'],
  },
  apply(sql, event) {
    switch (event.type) {
      case 'database.created':
        return created(sql, event.body, event.time);
      case 'database.deleted':
        return deleted(sql, event.body);
      case 'transaction.ingested':
      case 'transaction.rebased':
      case 'transaction.imported':
      case 'transaction.restored':
        return moved(sql, event);
      case 'ingest.refused':
        return refused(sql, event.body, event.time);
      case 'position.withheld':
        sql.run(
          'UPDATE database SET withheld = 1, until_whole = max(until_whole, ?) WHERE cluster = ? AND db = ?',
          event.body.untilWhole ? 1 : 0,
          event.body.cluster,
          event.body.db,
        );
        return;
      default:
        return;
    }
  },
};

function created(sql: Sql, body: EventBody<'database.created'>, time: number): void {
  sql.run('DELETE FROM database WHERE cluster = ? AND db = ?', body.cluster, body.db);
  sql.run(
    'INSERT INTO database (cluster, db, incarnation, page_size, created_at) VALUES (?, ?, ?, ?, ?)',
    body.cluster,
    body.db,
    body.incarnation,
    body.pageSize,
    time,
  );
}

/** The row stays: it remembers the incarnation and the page size. */
function deleted(sql: Sql, body: EventBody<'database.deleted'>): void {
  sql.run(
    `UPDATE database SET commit_pages = 0, txid = NULL, checksum = NULL, min_txid = NULL, pre_apply = NULL,
       effective_time = NULL, received_at = NULL, journal_mode = NULL, failing_since = NULL, withheld = 0, until_whole = 0
     WHERE cluster = ? AND db = ?`,
    body.cluster,
    body.db,
  );
}

function moved(sql: Sql, event: RecordedEvent<TransactionType>): void {
  const { body } = event;
  // What was made here no primary can have sent, nor have lost the answer to.
  const sent = event.type === 'transaction.ingested' || event.type === 'transaction.rebased';
  // After a deletion nothing that came before is needed.
  const keeps = event.type === 'transaction.rebased' || body.commit === 0 ? 0 : 1;
  sql.run(
    `UPDATE database SET page_size = ?, commit_pages = ?, txid = ?, checksum = ?, min_txid = ?, pre_apply = ?,
       effective_time = ?, received_at = ?, journal_mode = coalesce(?, journal_mode), failing_since = NULL,
       withheld = until_whole * ?, until_whole = until_whole * ?
     WHERE cluster = ? AND db = ?`,
    body.pageSize,
    body.commit,
    body.maxTxid,
    body.postApplyChecksum,
    sent ? body.minTxid : null,
    sent ? body.preApplyChecksum : null,
    body.effectiveTime,
    event.time,
    body.journalMode,
    keeps,
    keeps,
    body.cluster,
    body.db,
  );
}

function refused(sql: Sql, body: EventBody<'ingest.refused'>, time: number): void {
  if (body.code !== 'EBADCHECKSUM') return;
  sql.run(
    'UPDATE database SET failing_since = coalesce(failing_since, ?) WHERE cluster = ? AND db = ?',
    time,
    body.cluster,
    body.db,
  );
}

/** The state of a name, or null when the log has never seen it. */
export function loadDatabase(sql: Sql, cluster: string, db: string): DatabaseState | null {
  const row = sql.get('SELECT * FROM database WHERE cluster = ? AND db = ?', cluster, db);
  return row === undefined ? null : stateOf(row);
}

/** Which incarnation of a name is the newest, and whether it lives; null for a name that the log has never seen. */
export function incarnationOf(sql: Sql, cluster: string, db: string): Incarnation | null {
  const state = loadDatabase(sql, cluster, db);
  return state === null ? null : { incarnation: state.incarnation, lives: state.pos !== null };
}

/** The databases of a cluster that have a position, by name, those behind `from`, page after page. */
export function* listDatabases(sql: Sql, cluster: string, from = ''): Generator<DatabaseState> {
  for (let after = from; ; ) {
    const rows = sql.all(
      'SELECT * FROM database WHERE cluster = ? AND db > ? AND txid IS NOT NULL ORDER BY db LIMIT ?',
      cluster,
      after,
      DATABASES_PAGE,
    );
    for (const row of rows) yield stateOf(row);
    if (rows.length < DATABASES_PAGE) return;
    after = String(rows.at(-1)?.['db']);
  }
}

function stateOf(row: SqlRow): DatabaseState {
  const txid = parseTxid(String(row['txid'] ?? ''));
  const checksum = parseChecksum(String(row['checksum'] ?? ''));
  const minTxid = parseTxid(String(row['min_txid'] ?? ''));
  // Zero on a snapshot, which goes on from nothing.
  const preApply = parseTxid(String(row['pre_apply'] ?? ''));
  return {
    cluster: String(row['cluster']),
    db: String(row['db']),
    incarnation: Number(row['incarnation']),
    pos: txid === undefined || checksum === undefined ? null : { txid, checksum },
    base: minTxid === undefined || preApply === undefined ? null : { txid: minTxid - 1n, checksum: preApply },
    pageSize: Number(row['page_size']),
    commit: Number(row['commit_pages']),
    journalMode: journalModeOf(row['journal_mode']),
    effectiveTime: numberOrNull(row['effective_time']),
    failingSince: numberOrNull(row['failing_since']),
    withheld: row['withheld'] === 1,
    untilWhole: row['until_whole'] === 1,
  };
}

const journalModeOf = (value: unknown): JournalMode | null =>
  value === 'wal' || value === 'rollback' ? value : null;

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
