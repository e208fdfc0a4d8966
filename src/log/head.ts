import { GENESIS_HASH, type Head } from '../events/chain.ts';
import type { SqlConnection } from './sql.ts';

const HEAD = `SELECT seq, hash FROM (
  SELECT seq, hash FROM (SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1)
  UNION ALL
  SELECT last_seq, hash FROM (SELECT last_seq, hash FROM seal ORDER BY last_seq DESC LIMIT 1)
) ORDER BY seq DESC LIMIT 1`;

/** The end of the log as the connection sees it, its open transaction included. */
export function readHead(sql: Pick<SqlConnection, 'get'>): Head {
  return sql.get<{ seq: number; hash: Uint8Array }>(HEAD) ?? { seq: 0, hash: GENESIS_HASH };
}
