import { GENESIS_HASH, type Head } from '../events/chain.ts';
import type { Sql } from '../projections/projection.ts';

type Reads = Pick<Sql, 'get'>;

/** The end of the log as the connection sees it, its open transaction included. */
export const readHead = (sql: Reads): Head =>
  sql.get<{ seq: number; hash: Uint8Array }>('SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1') ??
  readBorder(sql);

/** The last event that has left for the replicas (0 for none): the first one here is chained to it. */
export function readBorder(sql: Reads): Head {
  const border = sql.get<{ seq: number; hash: Uint8Array }>('SELECT seq, hash FROM log_border');
  return border === undefined || border.seq === 0 ? { seq: 0, hash: GENESIS_HASH } : border;
}
