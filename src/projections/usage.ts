import type { Projection, Sql } from './projection.ts';

/** What a database has cost so far. */
export interface Usage {
  readonly transactions: number;
  /** Payload bytes received, as stored. */
  readonly bytes: number;
  readonly refusals: number;
}

/** Counts a name's transactions, bytes and refusals, over all its incarnations. */
export const usage: Projection = {
  name: 'usage',
  version: 1,
  tables: [
    `CREATE TABLE usage (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      transactions INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0,
      refusals INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (cluster, db)
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['DROP TABLE IF EXISTS usage'],
  apply(sql, event) {
    switch (event.type) {
      case 'transaction.ingested':
      case 'transaction.rebased':
      case 'transaction.imported':
      case 'transaction.restored':
        return add(sql, event.body.cluster, event.body.db, 1, BigInt(event.body.sizeBytes), 0);
      case 'ingest.refused':
        return add(sql, event.body.cluster, event.body.db, 0, 0n, 1 + event.body.suppressed);
      default:
        return;
    }
  },
};

function add(
  sql: Sql,
  cluster: string,
  db: string,
  transactions: number,
  bytes: bigint,
  refusals: number,
): void {
  sql.run(
    `INSERT INTO usage VALUES (?, ?, ?, ?, ?) ON CONFLICT (cluster, db) DO UPDATE SET
       transactions = transactions + excluded.transactions,
       bytes = bytes + excluded.bytes,
       refusals = refusals + excluded.refusals`,
    cluster,
    db,
    transactions,
    bytes,
    refusals,
  );
}

/** The usage of a name; all zero for one never seen. */
export function loadUsage(sql: Sql, cluster: string, db: string): Usage {
  const row = sql.get('SELECT * FROM usage WHERE cluster = ? AND db = ?', cluster, db);
  return {
    transactions: Number(row?.['transactions'] ?? 0),
    bytes: Number(row?.['bytes'] ?? 0),
    refusals: Number(row?.['refusals'] ?? 0),
  };
}
