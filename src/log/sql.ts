import type Database from 'better-sqlite3';
import type { Sql, SqlRow, SqlValue } from '../projections/projection.ts';

/** Prepared statements kept at once; the texts are constants of the code, so this is never near. */
export const STATEMENTS_CACHED_MAX = 512;

type Statement = Database.Statement<SqlValue[], unknown>;

/**
 * A connection as the rest of the program sees it. Integers come back as numbers, and one beyond 2^53 throws a
 * RangeError instead of being rounded.
 */
export class SqlConnection implements Sql {
  readonly db: Database.Database;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database.Database) {
    this.db = db;
  }

  get inTransaction(): boolean {
    return this.db.inTransaction;
  }

  run(text: string, ...params: readonly SqlValue[]): { readonly changes: number } {
    return { changes: this.#prepared(text).run(...params).changes };
  }

  get<R = SqlRow>(text: string, ...params: readonly SqlValue[]): R | undefined {
    const row = this.#prepared(text).get(...params);
    return row === undefined ? undefined : (withNumbers(row as SqlRow) as R);
  }

  all<R = SqlRow>(text: string, ...params: readonly SqlValue[]): R[] {
    const rows = this.#prepared(text).all(...params);
    for (const row of rows) withNumbers(row as SqlRow);
    return rows as R[];
  }

  #prepared(text: string): Statement {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement: Statement = this.db.prepare(text);
    // As bigints first: the driver's own numbers are rounded without a word.
    if (statement.reader) statement.safeIntegers(true);
    if (this.#statements.size >= STATEMENTS_CACHED_MAX) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    this.#statements.set(text, statement);
    return statement;
  }
}

function withNumbers(row: SqlRow): SqlRow {
  for (const column in row) {
    const value = row[column];
    if (typeof value === 'bigint') row[column] = safeNumber(value, column);
  }
  return row;
}

function safeNumber(value: bigint, column: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${column} is beyond 2^53: ${value}`);
  return number;
}
