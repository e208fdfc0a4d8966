import Database from 'better-sqlite3';
import { LfsbError } from '../errors/index.ts';

/** Why a cursor cannot be gone on from: the whole database has to be compared with what is stored of it. */
export class CursorLostError extends Error {
  override readonly name = 'CursorLostError';
}

/** SQLite's complaints about the file itself; all others pass, as locks and full disks do. */
const ABOUT_THE_FILE = /^SQLITE_(NOTADB|CORRUPT|FORMAT|MISMATCH)/;

/** An error of SQLite or the file system as one of the catalogue; any other as it is. */
export function toSourceFailure(path: string, error: unknown): unknown {
  if (error instanceof Database.SqliteError) {
    const code = ABOUT_THE_FILE.test(error.code) ? 'EBADDATABASE' : 'EUNAVAILABLE';
    return new LfsbError(code, `${path}: ${error.message} (${error.code})`, { cause: error });
  }
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || syscall === undefined) return error;
  return new LfsbError('EUNAVAILABLE', `${path}: ${message}`, { cause: error });
}
