import type { Sql } from './projection.ts';

/** The first payloads of a stream. */
export interface FirstPayloads {
  /** Sequence number of the event of the last of them; 0 when there are none. */
  readonly lastSeq: number;
  readonly count: number;
  readonly bytes: number;
}

/**
 * The payloads of a stream that end at or below a TXID: as TXIDs never fall, those up to the first that ends above
 * it, and no others are looked at.
 */
export function payloadsThrough(sql: Sql, stream: string, txid: string): FirstPayloads {
  const next = sql.get(
    'SELECT seq FROM payload WHERE stream = ? AND max_txid > ? ORDER BY seq LIMIT 1',
    stream,
    txid,
  );
  const row = sql.get(
    `SELECT coalesce(max(seq), 0) AS seq, count(*) AS count, coalesce(sum(size_bytes), 0) AS bytes
       FROM payload WHERE stream = ? AND seq < ?`,
    stream,
    Number(next?.['seq'] ?? Number.MAX_SAFE_INTEGER),
  );
  return {
    lastSeq: Number(row?.['seq'] ?? 0),
    count: Number(row?.['count'] ?? 0),
    bytes: Number(row?.['bytes'] ?? 0),
  };
}
