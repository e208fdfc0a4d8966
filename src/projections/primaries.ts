import type { Projection, Sql } from './projection.ts';

/** Which LiteFS data directory (`Litefs-Cluster-Id`) last sent for each cluster. */
export const primaries: Projection = {
  name: 'primaries',
  version: 1,
  tables: [
    `CREATE TABLE primary_id (
      cluster TEXT PRIMARY KEY,
      id TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['DROP TABLE IF EXISTS primary_id'],
  apply(sql, event) {
    if (event.type !== 'primary.changed') return;
    sql.run(
      'INSERT INTO primary_id VALUES (?, ?, ?) ON CONFLICT (cluster) DO UPDATE SET id = excluded.id, since = excluded.since',
      event.body.cluster,
      event.body.current,
      event.time,
    );
  },
};

/** The id that last sent for a cluster, or null before the first. */
export function lastPrimary(sql: Sql, cluster: string): string | null {
  const row = sql.get('SELECT id FROM primary_id WHERE cluster = ?', cluster);
  return row === undefined ? null : String(row['id']);
}
