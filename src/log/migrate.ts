import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../package-root.ts';
import { backUp } from './backup.ts';
import { MigrationError } from './errors.ts';
import type { SqlConnection } from './sql.ts';

/** The folder of the migrations that this release ships with. */
export const migrationsDirectory = (): string => fileURLToPath(new URL('migrations/', packageRoot));

const FILE_PATTERN = /^(\d{4})-[a-z0-9-]+\.sql$/;
const CHANGES_DATA = /^-- changes-data$/m;

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

interface AppliedRow {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

export interface MigrateOptions {
  readonly directory: string;
  /** Time for the record of what was applied, ms. */
  readonly now: number;
}

/**
 * Brings the schema to that of `directory`: each pending file in a transaction of its own that holds the write
 * lock, so that of two processes that start at once one applies it and the other finds it applied. Before a
 * file marked `-- changes-data` the database is copied to `{path}.before-{number}`.
 *
 * @returns the names of the files that were applied now
 * @throws MigrationError when an applied file was changed or is missing here, the numbers have a gap, or a
 *   statement fails; what was applied before stays
 */
export function migrate(sql: SqlConnection, options: MigrateOptions): string[] {
  const migrations = readMigrations(options.directory);
  const appliedNow: string[] = [];
  for (;;) {
    const next = sql.db.transaction(() => applyNext(sql, migrations, options.now)).exclusive();
    if (next === undefined) return appliedNow;
    appliedNow.push(next);
  }
}

function readMigrations(directory: string): Migration[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name, index) => {
    const number = Number(FILE_PATTERN.exec(name)?.[1]);
    if (number !== index + 1) {
      throw new MigrationError(
        `${name}: migrations are named NNNN-what.sql, numbered from 0001 without a gap`,
      );
    }
    const bytes = readFileSync(join(directory, name));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { number, name, sql: bytes.toString('utf8'), sha256 };
  });
}

function applyNext(sql: SqlConnection, migrations: readonly Migration[], now: number): string | undefined {
  sql.db.exec(`CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at INTEGER NOT NULL
  ) STRICT`);
  const applied = sql.all<AppliedRow>('SELECT number, name, sha256 FROM migration ORDER BY number');
  for (const row of applied) checkApplied(row, migrations[row.number - 1]);
  const next = migrations[applied.length];
  if (next === undefined) return undefined;
  if (applied.length > 0 && CHANGES_DATA.test(next.sql)) backUp(sql.db.name, next.number);
  try {
    sql.db.exec(next.sql);
  } catch (cause) {
    throw new MigrationError(`${next.name} failed: ${String(cause)}`, { cause });
  }
  sql.run('INSERT INTO migration VALUES (?, ?, ?, ?)', next.number, next.name, next.sha256, now);
  return next.name;
}

function checkApplied(row: AppliedRow, known: Migration | undefined): void {
  if (known === undefined) {
    throw new MigrationError(`the database has ${row.name}: it was written by a newer release`);
  }
  if (known.sha256 !== row.sha256) {
    throw new MigrationError(`${known.name} is not the file that was applied as ${row.name}: it was changed`);
  }
}
