import type { Sql } from '../projections/projection.ts';
import { TRIM_EVENTS_MAX } from './seal/limits.ts';

/**
 * Has the oldest events leave the table, up to `through`, some of them at a time, inside the caller's transaction.
 * The table's own trigger refuses what is not sealed.
 * @returns whether more are left to go
 */
export function trim(sql: Sql, through: number, limit = TRIM_EVENTS_MAX): boolean {
  const border = Number(sql.get('SELECT seq FROM log_border')?.['seq']);
  const last = Math.min(through, border + limit);
  // One by one: which order one statement deletes in is SQLite's own affair, and the border follows each.
  for (let seq = border + 1; seq <= last; seq++) sql.run('DELETE FROM event WHERE seq = ?', seq);
  return last < through;
}
