import type { SqlValue } from '../projections/projection.ts';
import type { SqlConnection } from './sql.ts';
import { Breach } from './verify-breach.ts';
import type { StoredRow } from './verify-event.ts';

interface IndexCheck {
  readonly name: string;
  readonly columns: readonly (keyof StoredRow & string)[];
  /** Rows without this column are not in the index. */
  readonly only?: 'cluster' | 'db';
}

const INDEXES: readonly IndexCheck[] = [
  { name: 'event_stream', columns: ['stream', 'version'] },
  { name: 'event_type', columns: ['type'] },
  { name: 'event_time', columns: ['time'] },
  { name: 'event_cluster', columns: ['cluster'], only: 'cluster' },
  { name: 'event_database', columns: ['cluster', 'db'], only: 'db' },
];

const OBJECTS = [
  ...INDEXES.map(({ name }) => name),
  ...['event', 'event_appended', 'event_unchanged', 'event_kept'],
  ...['log_border', 'border_moves', 'border_kept', 'log_stream'],
  ...['log_segment', 'segment_fits', 'segment_unchanged', 'segment_kept'],
];

const LOOKUPS = INDEXES.map(({ name, columns, only }) => ({
  name,
  columns,
  only,
  text: `SELECT seq FROM event INDEXED BY ${name}
    WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')} AND seq = ?`,
}));

/** The table, its indexes and the triggers that keep it append-only are there. */
export function checkSchema(sql: SqlConnection): void {
  const rows = sql.all<{ name: string }>('SELECT name FROM sqlite_schema');
  const present = new Set(rows.map(({ name }) => name));
  const missing = OBJECTS.find((name) => !present.has(name));
  if (missing !== undefined) throw new Breach(0, 'schema', `${missing} is missing from the schema`);
}

/** Every index finds the event under what its text says. Together with the sizes: and under nothing else. */
export function checkIndexEntries(sql: SqlConnection, row: StoredRow): void {
  for (const { name, columns, only, text } of LOOKUPS) {
    if (only !== undefined && row[only] === null) continue;
    const keys = columns.map((column) => row[column] as SqlValue);
    if (sql.get(text, ...keys, row.seq) === undefined) {
      throw new Breach(row.seq, 'index', `${name} does not lead to the event`);
    }
  }
}

/** How many of the events seen are in the indexes: in all, with a cluster, with a database. */
export class IndexTally {
  #all = 0;
  readonly #with = { cluster: 0, db: 0 };

  add(row: StoredRow): void {
    this.#all += 1;
    if (row.cluster !== null) this.#with.cluster += 1;
    if (row.db !== null) this.#with.db += 1;
  }

  /** No index has an entry that no event stands behind, between two numbers (first exclusive). */
  check(sql: SqlConnection, after: number, last: number): void {
    for (const { name, only } of INDEXES) {
      const where = only === undefined ? '' : `AND ${only} IS NOT NULL`;
      const text = `SELECT count(*) AS entries FROM event INDEXED BY ${name} WHERE seq > ? AND seq <= ? ${where}`;
      const entries = sql.get<{ entries: number }>(text, after, last)?.entries;
      if (entries !== (only === undefined ? this.#all : this.#with[only])) {
        throw new Breach(last, 'index', `${name} has entries that no event stands behind`);
      }
    }
  }
}

/** The event before it in its stream comes before it in the log, or is the last of those that have left. */
export function checkStreamOrder(sql: SqlConnection, row: StoredRow): void {
  const { stream, version } = row;
  const before = sql.get<{ seq: number }>(
    `SELECT seq FROM event INDEXED BY event_stream WHERE stream = ? AND version = ?
      UNION ALL SELECT 0 FROM log_stream WHERE stream = ? AND version = ?`,
    ...[stream, version - 1],
    ...[stream, version - 1],
  );
  const isFirst = version === 1 && !hasLeft(sql, stream);
  if (isFirst || (before !== undefined && before.seq < row.seq)) return;
  throw new Breach(
    row.seq,
    'version',
    `version ${version} of ${stream} does not follow version ${version - 1}`,
  );
}

const hasLeft = (sql: SqlConnection, stream: string): boolean =>
  sql.get('SELECT 1 AS gone FROM log_stream WHERE stream = ?', stream) !== undefined;
