import { databaseStream } from '../events/index.ts';
import { parseTxid } from '../ltx/index.ts';
import type { Sql } from '../projections/index.ts';

/** Databases that are looked at one by one for how long they wait. */
export const LAGGING_MAX = 200;

/** How far a replica is behind what was received. */
export interface ReplicaLag {
  readonly databases: number;
  readonly transactions: number;
  /** When the oldest transaction that it lacks was received, ms; null when it lacks none. */
  readonly since: number | null;
}

/** How far a replica is behind, over all databases; `since` is of the first LAGGING_MAX of them. */
export function replicaLag(sql: Sql, replica: string): ReplicaLag {
  const rows = sql.all(
    `SELECT d.cluster AS cluster, d.db AS db, d.incarnation AS incarnation, d.txid AS txid,
       coalesce(r.txid, '0000000000000000') AS reach
       FROM database d LEFT JOIN high_water_reach r
         ON r.cluster = d.cluster AND r.db = d.db AND r.incarnation = d.incarnation AND r.replica = ?
       WHERE d.txid IS NOT NULL AND d.txid > coalesce(r.txid, '')`,
    replica,
  );
  let transactions = 0n;
  let since: number | null = null;
  for (const [index, row] of rows.entries()) {
    const reach = String(row['reach']);
    transactions += (parseTxid(String(row['txid'])) ?? 0n) - (parseTxid(reach) ?? 0n);
    if (index >= LAGGING_MAX) continue;
    const stream = databaseStream(String(row['cluster']), String(row['db']), Number(row['incarnation']));
    const waits = firstReceivedAfter(sql, stream, reach);
    if (waits !== null && (since === null || waits < since)) since = waits;
  }
  return { databases: rows.length, transactions: Number(transactions), since };
}

/** Looked for from the newest on: what a replica lacks is near the end. */
function firstReceivedAfter(sql: Sql, stream: string, txid: string): number | null {
  const stored = sql.get(
    'SELECT seq FROM payload WHERE stream = ? AND max_txid <= ? ORDER BY seq DESC LIMIT 1',
    stream,
    txid,
  );
  const first = sql.get(
    'SELECT received_at FROM payload WHERE stream = ? AND seq > ? ORDER BY seq LIMIT 1',
    stream,
    Number(stored?.['seq'] ?? 0),
  );
  return first === undefined ? null : Number(first['received_at']);
}
