import type { Sql } from '../../projections/index.ts';
import { payloadBytesTotal } from '../../projections/payloads.ts';
import { AHEAD_MAX_MS } from '../plan/windows.ts';

const PAGE_ROWS = 1_000;

/**
 * Up to which time points of level 0 are promised no longer because the newer ones, of all databases, fill the
 * byte limit, ms; -Infinity when all fit. Reads no more rows than have to go. Times ahead of `now` are of a clock that
 * was wrong, and would take all with them.
 */
export function level0CutoffOf(sql: Sql, bytesMax: number, now: number): number {
  let excess = payloadBytesTotal(sql) - bytesMax;
  let cutoff = Number.NEGATIVE_INFINITY;
  for (let after = 0; excess > 0; ) {
    const rows = sql.all(
      'SELECT seq, received_at, effective_time, size_bytes FROM payload WHERE seq > ? ORDER BY seq LIMIT ?',
      after,
      PAGE_ROWS,
    );
    if (rows.length === 0) break;
    for (const row of rows) {
      if (excess <= 0) break;
      excess -= Number(row['size_bytes']);
      const start = Math.max(Number(row['received_at']), Number(row['effective_time']));
      if (start <= now + AHEAD_MAX_MS) cutoff = Math.max(cutoff, start);
      after = Number(row['seq']);
    }
  }
  return cutoff;
}
