import type { EventBody } from '../events/index.ts';
import { formatTxid, parseTxid, type Txid } from '../ltx/index.ts';
import type { Projection, Sql } from './projection.ts';

/**
 * The high-water mark of each database: up to there every required replica holds its history without a hole.
 * It never falls, also when a replica is added that has nothing yet; it begins at 0 with each incarnation.
 */
export const highWater: Projection = {
  name: 'high-water',
  version: 1,
  tables: [
    'CREATE TABLE high_water_required (replica TEXT PRIMARY KEY) STRICT, WITHOUT ROWID',
    `CREATE TABLE high_water_reach (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      replica TEXT NOT NULL,
      txid TEXT NOT NULL,
      PRIMARY KEY (cluster, db, incarnation, replica)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE high_water (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      txid TEXT NOT NULL,
      PRIMARY KEY (cluster, db, incarnation)
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['high_water_required', 'high_water_reach', 'high_water'].map(
    (name) => `DROP TABLE IF EXISTS ${name}`,
  ),
  apply(sql, event) {
    if (event.type === 'storage.configured') required(sql, event.body);
    else if (event.type === 'file.stored') stored(sql, event.body);
    else if (event.type === 'database.deleted') deleted(sql, event.body);
  },
};

function required(sql: Sql, { replicas }: EventBody<'storage.configured'>): void {
  sql.run('DELETE FROM high_water_required');
  for (const { name } of replicas.filter((each) => each.required)) {
    sql.run('INSERT INTO high_water_required VALUES (?)', name);
  }
}

function deleted(sql: Sql, { cluster, db }: EventBody<'database.deleted'>): void {
  sql.run('DELETE FROM high_water_reach WHERE cluster = ? AND db = ?', cluster, db);
  sql.run('DELETE FROM high_water WHERE cluster = ? AND db = ?', cluster, db);
}

function stored(sql: Sql, body: EventBody<'file.stored'>): void {
  const of = [body.cluster, body.db, body.incarnation] as const;
  const [min, max] = [parseTxid(body.minTxid) ?? 0n, parseTxid(body.maxTxid) ?? 0n];
  const reach = reachOf(sql, of, body.replica);
  // Files of one replica come in the order in which they end; one that leaves a hole moves nothing.
  if (max <= reach || min > reach + 1n) return;
  sql.run(
    'INSERT OR REPLACE INTO high_water_reach VALUES (?, ?, ?, ?, ?)',
    ...of,
    body.replica,
    body.maxTxid,
  );
  const names = sql.all('SELECT replica FROM high_water_required').map((row) => String(row['replica']));
  if (names.length === 0) return;
  const lowest = names.map((name) => reachOf(sql, of, name)).reduce((a, b) => (b < a ? b : a));
  if (lowest <= highWaterMarkOf(sql, ...of)) return;
  sql.run('INSERT OR REPLACE INTO high_water VALUES (?, ?, ?, ?)', ...of, formatTxid(lowest));
}

/** Up to where a replica holds the history of an incarnation without a hole; 0 for nothing. */
export function reachOf(sql: Sql, of: readonly [string, string, number], replica: string): Txid {
  const row = sql.get(
    'SELECT txid FROM high_water_reach WHERE cluster = ? AND db = ? AND incarnation = ? AND replica = ?',
    ...of,
    replica,
  );
  return parseTxid(String(row?.['txid'] ?? '')) ?? 0n;
}

/** The highest TXID of an incarnation that is safe in long-term storage; 0 before there is one. */
export function highWaterMarkOf(sql: Sql, cluster: string, db: string, incarnation: number): Txid {
  const row = sql.get(
    'SELECT txid FROM high_water WHERE cluster = ? AND db = ? AND incarnation = ?',
    cluster,
    db,
    incarnation,
  );
  return parseTxid(String(row?.['txid'] ?? '')) ?? 0n;
}
