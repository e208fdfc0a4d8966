import { parentPort } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { IntegrityQuestion } from './integrity.ts';

/** A quick check takes each page once, so what SQLite keeps of them is of no use; a full one looks rows up by index. */
const QUICK_CACHE_KIB = 1_024;

/** Has SQLite check a file, in a thread that it may hold up. The thread ends with its answer. */
parentPort?.once('message', (question: IntegrityQuestion) => parentPort?.postMessage(messages(question)));

function messages({ path, pragma, messagesMax }: IntegrityQuestion): string[] {
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(path, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = OFF');
    if (pragma === 'quick_check') db.pragma(`cache_size = -${QUICK_CACHE_KIB}`);
    const rows = db.pragma(`${pragma}(${messagesMax})`) as Record<string, unknown>[];
    return rows.map((row) => String(row[pragma]));
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) return [error.message];
    throw error;
  } finally {
    db?.close();
  }
}
