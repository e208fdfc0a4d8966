import Database from 'better-sqlite3';
import { SqlConnection } from './sql.ts';

/** How long a connection waits for a lock before it fails, ms. */
export const BUSY_TIMEOUT_MS = 10_000;

/** Size the WAL file is cut back to when it starts over, bytes. */
export const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/** Frames after which SQLite itself checkpoints, in the committing thread, where no checkpointer runs. */
export const WAL_AUTOCHECKPOINT_PAGES = 4_000;

/** Pages that a connection keeps, KiB: several threads have one, and what is not there is in the system's cache. */
export const READER_CACHE_KIB = 2_000;
export const WRITER_CACHE_KIB = 4_000;

/** Attempts at switching to WAL while another process does the same: SQLite does not wait for that lock. */
const WAL_SWITCH_ATTEMPTS_MAX = 200;
const WAL_SWITCH_PAUSE_MS = 10;

export interface ConnectionOptions {
  readonly path: string;
  /** FULL: a commit is on disk when it returns. NORMAL loses commits in a power cut: only for a test's control. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** 0 leaves checkpoints to a checkpointer. */
  readonly walAutocheckpointPages?: number;
  readonly busyTimeoutMs?: number;
}

/** Opens the log's database for writing, in WAL mode; creates it when it does not exist. */
export function openConnection(options: ConnectionOptions): SqlConnection {
  const db = new Database(options.path, { timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS });
  try {
    switchToWal(db, options.path);
    db.pragma(`synchronous = ${options.synchronous ?? 'FULL'}`);
    db.pragma(`wal_autocheckpoint = ${options.walAutocheckpointPages ?? WAL_AUTOCHECKPOINT_PAGES}`);
    db.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
    db.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
    // What a savepoint needs to roll back stays in memory: a batch is small, a temporary file is not free.
    db.pragma('temp_store = MEMORY');
    db.pragma('foreign_keys = ON');
    // Without it a REPLACE deletes rows past the delete trigger.
    db.pragma('recursive_triggers = ON');
    return new SqlConnection(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens an existing log's database for reading only. */
export function openReadOnly(path: string, busyTimeoutMs: number = BUSY_TIMEOUT_MS): SqlConnection {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  db.pragma(`cache_size = -${READER_CACHE_KIB}`);
  return new SqlConnection(db);
}

function switchToWal(db: Database.Database, path: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const mode = db.pragma('journal_mode = WAL', { simple: true });
      if (mode === 'wal' || path === ':memory:') return;
      throw new Error(`${path} cannot be put into WAL mode`);
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!busy || attempt >= WAL_SWITCH_ATTEMPTS_MAX) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_SWITCH_PAUSE_MS);
    }
  }
}
