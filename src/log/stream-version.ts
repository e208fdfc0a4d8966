import type { SqlConnection } from './sql.ts';

const VERSION = `SELECT coalesce(
  (SELECT max(version) FROM event WHERE stream = ?),
  (SELECT version FROM log_stream WHERE stream = ?)) AS version`;

/** How many events a stream has, also where some have left; 0 when it does not exist. */
export const streamVersion = (sql: Pick<SqlConnection, 'get'>, stream: string): number =>
  sql.get<{ version: number | null }>(VERSION, stream, stream)?.version ?? 0;
