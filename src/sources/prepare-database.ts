import Database from 'better-sqlite3';
import { LfsbError } from '../errors/index.ts';

/** Between two attempts at a lock that SQLite itself does not wait for, ms. */
const SWITCH_PAUSE_MS = 10;

/** Litestream's bookkeeping, so that one can change from the one to the other. */
const TABLES = [
  'CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)',
  'CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER)',
];

/** Whether somebody else has a lock. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');

/**
 * Switches a database to WAL where it is not. SQLite does not wait for the lock that this needs.
 * @throws LfsbError `EBADDATABASE` when it cannot be in WAL mode; SqliteError, as when it is locked
 */
export function switchToWal(db: Database.Database, path: string, busyTimeoutMs: number): void {
  const end = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      const mode = db.pragma('journal_mode = wal', { simple: true });
      if (mode === 'wal') return;
      throw new LfsbError(
        'EBADDATABASE',
        `${path} cannot be put into WAL mode: SQLite answered ${String(mode)}`,
      );
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SWITCH_PAUSE_MS);
    }
  }
}

/** Makes the bookkeeping tables. Looked for first: to create a table that is there takes the lock of a writer. */
export function makeTables(db: Database.Database): void {
  const there = db
    .prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?)")
    .pluck()
    .get('_litestream_seq', '_litestream_lock');
  if (there === TABLES.length) return;
  db.transaction(() => {
    for (const table of TABLES) db.exec(table);
  }).immediate();
}
