import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { IntegrityQuestion } from './integrity.ts';

/** Has SQLite check a file, in a thread that it may hold up. */
const { path, pragma, messagesMax } = workerData as IntegrityQuestion;
parentPort?.postMessage(messages());

function messages(): string[] {
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(path, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = OFF');
    const rows = db.pragma(`${pragma}(${messagesMax})`) as Record<string, unknown>[];
    return rows.map((row) => String(row[pragma]));
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) return [error.message];
    throw error;
  } finally {
    db?.close();
  }
}
