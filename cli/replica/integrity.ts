import { open } from 'node:fs/promises';
import Sqlite from 'better-sqlite3';
import { CliError } from '../cli-error.ts';
import type { IntegrityCheck } from './checks.ts';

/** Messages of SQLite's that are told. */
const MESSAGES_MAX = 5;

/** Where a SQLite header has its write and its read version: 2 for WAL mode. */
const VERSIONS_AT = 18;

/**
 * Has SQLite check a file that nobody else knows of yet. It is in rollback mode meanwhile: in WAL mode SQLite
 * would make files beside it. Holds this thread up for as long as SQLite reads.
 * @throws CliError `EVERIFY`
 */
export async function checkIntegrity(path: string, check: IntegrityCheck): Promise<void> {
  if (check === 'none') return;
  const file = await open(path, 'r+');
  try {
    const versions = Buffer.alloc(2);
    await file.read(versions, 0, 2, VERSIONS_AT);
    await file.write(Buffer.from([1, 1]), 0, 2, VERSIONS_AT);
    const messages = messagesOf(path, check === 'full' ? 'integrity_check' : 'quick_check');
    await file.write(versions, 0, 2, VERSIONS_AT);
    await file.sync();
    if (messages.length === 1 && messages[0] === 'ok') return;
    throw new CliError(
      'EVERIFY',
      `the restored database is damaged, as it was when it was replicated: ${messages.join('; ')}`,
      'try an earlier point; --integrity-check none takes it as it is',
    );
  } finally {
    await file.close();
  }
}

function messagesOf(path: string, pragma: 'quick_check' | 'integrity_check'): string[] {
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(path, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = OFF');
    const rows = db.pragma(`${pragma}(${MESSAGES_MAX})`) as Record<string, unknown>[];
    return rows.map((row) => String(row[pragma]));
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) return [error.message];
    throw error;
  } finally {
    db?.close();
  }
}
