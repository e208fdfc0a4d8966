import type { Projection, Sql } from './projection.ts';

/** Which event ended each incarnation that was deleted: its tombstone on a replica is named by that, years later. */
export const deletions: Projection = {
  name: 'deletions',
  version: 1,
  tables: [
    `CREATE TABLE deletion (
      cluster TEXT NOT NULL,
      db TEXT NOT NULL,
      incarnation INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (cluster, db, incarnation)
    ) STRICT, WITHOUT ROWID`,
  ],
  drop: ['DROP TABLE IF EXISTS deletion'],
  apply(sql, event) {
    if (event.type !== 'database.deleted') return;
    const { cluster, db, incarnation } = event.body;
    sql.run('INSERT INTO deletion VALUES (?, ?, ?, ?)', cluster, db, incarnation, event.seq);
  },
};

/** The sequence number of the event that ended an incarnation; null when it was not deleted. */
export function deletionOf(sql: Sql, cluster: string, db: string, incarnation: number): number | null {
  const row = sql.get(
    'SELECT seq FROM deletion WHERE cluster = ? AND db = ? AND incarnation = ?',
    cluster,
    db,
    incarnation,
  );
  return row === undefined ? null : Number(row['seq']);
}
