import Database from 'better-sqlite3';

/** Another append was there first, or the caller's picture of the stream is old. Nothing was written. */
export class VersionConflictError extends Error {
  override readonly name = 'VersionConflictError';
  readonly code = 'EVERSION';
  readonly stream: string;
  readonly expected: number;
  readonly actual: number;

  constructor(stream: string, expected: number, actual: number) {
    super(`${stream} is at version ${actual}, not ${expected}`);
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The database's schema cannot be brought to this release's: nothing was changed by the one that failed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code = 'EMIGRATION';
}

const STORAGE_CODE =
  /^SQLITE_(FULL|IOERR|CORRUPT|NOTADB|NOMEM|CANTOPEN|READONLY|BUSY|LOCKED|PROTOCOL|INTERRUPT)(_|$)/;

/** True for an error of the disk or the file, not of the statement: the whole transaction is in doubt. */
export const isStorageError = (error: unknown): boolean =>
  error instanceof Database.SqliteError && STORAGE_CODE.test(error.code);
