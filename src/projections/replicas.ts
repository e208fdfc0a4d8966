import { canonicalize, type EventBody } from '../events/index.ts';
import type { Projection, Sql } from './projection.ts';

/** How a replica fares. */
export interface ReplicaHealth {
  readonly name: string;
  readonly required: boolean;
  /** Since when it fails, ms; null when it is well. */
  readonly failingSince: number | null;
  readonly code: string | null;
  readonly message: string | null;
}

/** The replicas of the newest configuration and their state; those configured no more are forgotten. */
export const replicas: Projection = {
  name: 'replicas',
  version: 1,
  tables: [
    `CREATE TABLE replica (
      name TEXT PRIMARY KEY,
      ordinal INTEGER NOT NULL,
      required INTEGER NOT NULL,
      failing_since INTEGER,
      code TEXT,
      message TEXT
    ) STRICT, WITHOUT ROWID`,
    'CREATE TABLE storage_configuration (body TEXT NOT NULL) STRICT',
  ],
  drop: ['DROP TABLE IF EXISTS replica', 'DROP TABLE IF EXISTS storage_configuration'],
  apply(sql, event) {
    switch (event.type) {
      case 'storage.configured':
        return configured(sql, event.body);
      case 'replica.failed':
        sql.run(
          'UPDATE replica SET failing_since = ?, code = ?, message = ? WHERE name = ?',
          event.time,
          event.body.code,
          event.body.message,
          event.body.replica,
        );
        return;
      case 'replica.recovered':
        sql.run(
          'UPDATE replica SET failing_since = NULL, code = NULL, message = NULL WHERE name = ?',
          event.body.replica,
        );
        return;
      default:
        return;
    }
  },
};

function configured(sql: Sql, body: EventBody<'storage.configured'>): void {
  const names = body.replicas.map(({ name }) => name);
  for (const { name } of listReplicas(sql)) {
    if (!names.includes(name)) sql.run('DELETE FROM replica WHERE name = ?', name);
  }
  for (const [ordinal, { name, required }] of body.replicas.entries()) {
    sql.run(
      `INSERT INTO replica (name, ordinal, required) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET ordinal = excluded.ordinal, required = excluded.required`,
      name,
      ordinal,
      required ? 1 : 0,
    );
  }
  sql.run('DELETE FROM storage_configuration');
  sql.run('INSERT INTO storage_configuration VALUES (?)', canonicalize(body));
}

/** Whether this is how storage was configured last. */
export const isConfiguredAs = (sql: Sql, body: EventBody<'storage.configured'>): boolean =>
  sql.get('SELECT body FROM storage_configuration')?.['body'] === canonicalize(body);

/** All configured replicas, in their order: there are few. */
export const listReplicas = (sql: Sql): ReplicaHealth[] =>
  sql.all('SELECT * FROM replica ORDER BY ordinal').map((row) => ({
    name: String(row['name']),
    required: row['required'] === 1,
    failingSince: typeof row['failing_since'] === 'number' ? row['failing_since'] : null,
    code: typeof row['code'] === 'string' ? row['code'] : null,
    message: typeof row['message'] === 'string' ? row['message'] : null,
  }));

/** Since when a replica fails, ms; null when it is well, or not configured. */
export const failingSince = (sql: Sql, name: string): number | null =>
  listReplicas(sql).find((replica) => replica.name === name)?.failingSince ?? null;
