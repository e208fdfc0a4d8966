import Database from 'better-sqlite3';
import { LfsbError } from '../errors/index.ts';
import type { WalState } from './decisions/index.ts';
import { isBusy, makeTables, switchToWal } from './prepare-database.ts';

/** Page cache of each connection, KiB: they read next to nothing. */
const CACHE_KIB = 64;

/**
 * The connections to a live database: a reader that is held so that nobody begins the WAL anew unseen, one that
 * takes its place, a writer for the barrier of a checkpoint, and one that checkpoints. All of a process's
 * connections to a file have to be SQLite's, and of one copy of it: whoever else opens and closes the file or its
 * `-shm` drops their locks.
 */
export class Connections {
  readonly #writer: Database.Database;
  readonly #checkpointer: Database.Database;
  readonly #walState: Database.Statement<[], { log: number; checkpointed: number }>;
  readonly #passive: Database.Statement;
  #reader: Reader;
  #spare: Reader;

  /**
   * Switches the database to WAL where it is not, makes the bookkeeping tables, and takes the reader.
   * @throws LfsbError `EBADDATABASE` when it cannot be in WAL mode; SqliteError, as when it is locked
   */
  constructor(path: string, busyTimeoutMs: number) {
    const opened: Database.Database[] = [];
    const open = (readonly: boolean): Database.Database => {
      const db = new Database(path, { readonly, fileMustExist: true, timeout: busyTimeoutMs });
      opened.push(db);
      db.pragma(`cache_size = -${CACHE_KIB}`);
      db.pragma('wal_autocheckpoint = 0');
      return db;
    };
    try {
      this.#writer = open(false);
      switchToWal(this.#writer, path, busyTimeoutMs);
      makeTables(this.#writer);
      this.#checkpointer = open(false);
      this.#walState = this.#checkpointer.prepare('PRAGMA wal_checkpoint(NOOP)');
      this.#passive = this.#checkpointer.prepare('PRAGMA wal_checkpoint(PASSIVE)');
      this.#reader = new Reader(open(true));
      this.#spare = new Reader(open(true));
      this.#reader.take();
    } catch (error) {
      for (const db of opened) db.close();
      throw error;
    }
  }

  get walState(): WalState {
    return stateOf(this.#walState.get());
  }

  /** Takes the other reader beside the one that is held: what it sees is the newest state. */
  takeSpare(): void {
    this.#spare.take();
  }

  /** Lets go of the reader that was held; the other one takes its place. */
  handOver(): void {
    this.#reader.release();
    [this.#reader, this.#spare] = [this.#spare, this.#reader];
  }

  /** Gives the other reader up again. */
  releaseSpare(): void {
    this.#spare.release();
  }

  /** Keeps all others from writing; false when one of them is writing, or keeps others out, for too long. */
  raiseBarrier(): boolean {
    try {
      this.#writer.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    try {
      this.#writer.exec('INSERT INTO _litestream_lock (id) VALUES (1)');
      return true;
    } catch (error) {
      this.lowerBarrier();
      throw error;
    }
  }

  /** Nothing of the barrier stays in the database. */
  lowerBarrier(): void {
    if (this.#writer.inTransaction) this.#writer.exec('ROLLBACK');
  }

  /** Copies the WAL into the main file as far as readers allow, ours among them; nothing while another does it. */
  backfill(): WalState {
    this.#passive.get();
    // Asked for: one that gives way to another has no numbers to tell.
    return this.walState;
  }

  /** The same without our reader; to be called under the barrier. */
  checkpoint(): WalState {
    this.#reader.release();
    try {
      return this.backfill();
    } finally {
      this.#reader.take();
    }
  }

  /** Leaves the WAL as it is: the readers go last, and a connection that only reads never deletes it. */
  close(): void {
    this.#writer.close();
    this.#checkpointer.close();
    this.#spare.close();
    this.#reader.close();
  }
}

class Reader {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  take(): void {
    this.#db.exec('BEGIN');
    try {
      this.#db.exec('SELECT COUNT(1) FROM _litestream_seq');
    } catch (error) {
      this.release();
      throw error;
    }
  }

  release(): void {
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  close(): void {
    this.#db.close();
  }
}

function stateOf(row: { log: number; checkpointed: number } | undefined): WalState {
  if (row === undefined || row.log < 0)
    throw new LfsbError('EUNAVAILABLE', 'the database is not in WAL mode');
  return { frames: row.log, backfilled: row.checkpointed };
}
