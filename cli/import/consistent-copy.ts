import { rmSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type Database from 'better-sqlite3';
import { CliError } from '../cli-error.ts';
import { whenInterrupted } from '../interrupt.ts';
import { Progress } from '../progress.ts';

/** Pages copied between two turns of the event loop. */
const PAGES_AT_ONCE = 2_048;

/** How long a writer that holds the database is waited for, ms. */
const BUSY_MS_MAX = 30_000;

/** A copy in a folder of its own, which goes with it. */
export interface ConsistentCopy extends AsyncDisposable {
  readonly path: string;
}

/** `-wal` or `-journal` when that file beside a database is not empty: then the file alone is not the database. */
export async function companionOf(path: string): Promise<'-wal' | '-journal' | undefined> {
  for (const suffix of ['-wal', '-journal'] as const) {
    const found = await stat(`${path}${suffix}`).catch(() => undefined);
    if (found?.isFile() && found.size > 0) return suffix;
  }
  return undefined;
}

/**
 * Copies a database that others may be writing to, as it is at one moment, through SQLite's backup API.
 * @throws CliError `ESQLITE`
 */
export async function copyConsistently(path: string): Promise<ConsistentCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'lfsb-import-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const settled = whenInterrupted(remove);
  const copy = join(folder, basename(path));
  try {
    await backUp(path, copy);
  } catch (error) {
    remove();
    settled();
    throw sqliteFailure(path, error);
  }
  return {
    path: copy,
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true, force: true });
      settled();
    },
  };
}

async function backUp(path: string, copy: string): Promise<void> {
  const { default: Sqlite } = await import('better-sqlite3');
  const db = openSource(Sqlite, path);
  using progress = new Progress('copying', undefined);
  try {
    const pageSize = Number(db.pragma('page_size', { simple: true }));
    // Holding one state: a backup would begin anew with every commit of another process.
    db.exec('BEGIN; SELECT 1 FROM sqlite_schema');
    await db.backup(copy, {
      progress: () => {
        progress.add(PAGES_AT_ONCE * pageSize);
        return PAGES_AT_ONCE;
      },
    });
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

/** Read-only, unless a crash left a journal behind that has to be rolled back first. */
function openSource(Sqlite: typeof Database, path: string): Database.Database {
  const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS_MAX });
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    db.close();
    if (!(error instanceof Sqlite.SqliteError) || !/^SQLITE_(READONLY|CANTOPEN)/.test(error.code))
      throw error;
    return new Sqlite(path, { fileMustExist: true, timeout: BUSY_MS_MAX });
  }
}

function sqliteFailure(path: string, error: unknown): unknown {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name !== 'SqliteError') return error;
  return new CliError('ESQLITE', `${path}: SQLite cannot copy it: ${message} (${code})`);
}
