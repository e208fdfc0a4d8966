import { GENESIS_HASH, type Head } from '../../events/chain.ts';
import type { Sql } from '../../projections/projection.ts';

/** Takes over which replicas there are; what the log knows of others stays known. */
export function configurePlaces(
  sql: Sql,
  replicas: readonly { readonly name: string; readonly required: boolean }[],
): void {
  sql.run('UPDATE log_place SET ordinal = NULL, required = 0');
  for (const [ordinal, { name, required }] of replicas.entries()) {
    sql.run(
      `INSERT INTO log_place (name, ordinal, required) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET ordinal = excluded.ordinal, required = excluded.required`,
      name,
      ordinal,
      required ? 1 : 0,
    );
  }
}

/** The log's number of a replica; null for one that is not configured. */
export function placeOf(sql: Sql, replica: string): number | null {
  const row = sql.get('SELECT id FROM log_place WHERE name = ? AND ordinal IS NOT NULL', replica);
  return row === undefined ? null : Number(row['id']);
}

/** Up to where a replica has the log. */
export function sealedHead(sql: Sql, place: number): Head {
  const row = sql.get<{ seq: number; hash: Uint8Array }>(
    'SELECT last_seq AS seq, hash FROM log_segment WHERE place = ? ORDER BY last_seq DESC LIMIT 1',
    place,
  );
  return row ?? { seq: 0, hash: GENESIS_HASH };
}

/** Events that sealing itself makes: they go with the next segment, and are no reason for one. */
const OWN_TYPES = "('log.sealed', 'checkpoint.stored', 'checkpoint.expired')";

/** Whether anything but sealing itself has happened since an event. */
export const hasNewsSince = (sql: Sql, seq: number): boolean =>
  sql.get(
    `SELECT 1 AS news FROM event NOT INDEXED WHERE seq > ? AND type NOT IN ${OWN_TYPES} LIMIT 1`,
    seq,
  ) !== undefined;
