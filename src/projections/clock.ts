import type { Projection, Sql } from './projection.ts';

/** Since when the wall clock is suspect; no row while it is trusted. */
export const clock: Projection = {
  name: 'clock',
  version: 1,
  tables: ['CREATE TABLE clock_suspect (since INTEGER NOT NULL) STRICT'],
  drop: ['DROP TABLE IF EXISTS clock_suspect'],
  apply(sql, event) {
    if (event.type === 'clock.suspect') sql.run('INSERT INTO clock_suspect VALUES (?)', event.time);
    if (event.type === 'clock.cleared') sql.run('DELETE FROM clock_suspect');
  },
};

/** Since when the wall clock is suspect, ms as it said itself; null while it is trusted. */
export function clockSuspectSince(sql: Sql): number | null {
  const row = sql.get('SELECT since FROM clock_suspect');
  return row === undefined ? null : Number(row['since']);
}

/** True while a jump of the wall clock has not been cleared. */
export const isClockSuspect = (sql: Sql): boolean =>
  sql.get('SELECT 1 AS suspect FROM clock_suspect') !== undefined;
