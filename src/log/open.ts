import type Database from 'better-sqlite3';
import type { Projection } from '../projections/projection.ts';
import { attachBase } from './checkpoint/base.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import type { HandlerContext, Handlers } from './handlers.ts';
import { migrate, migrationsDirectory } from './migrate.ts';
import { Projector } from './projector.ts';
import type { SqlConnection } from './sql.ts';
import { EventStore } from './store.ts';
import { Transactions } from './transactions.ts';

export interface OpenLogOptions extends ConnectionOptions {
  readonly projections?: readonly Projection[];
  /** Default: the folder this release ships with. */
  readonly migrations?: string;
  /** Time for the record of migrations, ms; default the wall clock's. */
  readonly now?: number;
}

/** The log, open for writing on one connection in this thread. */
export class Log {
  readonly sql: SqlConnection;
  readonly store: EventStore;
  /** What opening did: migrations that were applied and projections that were rebuilt, by name. */
  readonly opened: { readonly migrations: readonly string[]; readonly rebuilt: readonly string[] };
  readonly #projector: Projector;
  readonly #transactions: Transactions;

  constructor(sql: SqlConnection, options: OpenLogOptions) {
    const directory = options.migrations ?? migrationsDirectory();
    const migrations = migrate(sql, { directory, now: options.now ?? Date.now() });
    this.sql = sql;
    this.#projector = new Projector(sql, options.projections ?? []);
    this.store = new EventStore(sql, this.#projector);
    this.#transactions = new Transactions(sql, this.store);
    this.#transactions.immediate(() => this.#projector.forgetUnknown());
    const stale = this.#projector.stale(this.store.head().seq);
    this.#rebuild(stale);
    this.opened = { migrations, rebuilt: stale.map(({ name }) => name) };
  }

  get db(): Database.Database {
    return this.sql.db;
  }

  get context(): HandlerContext {
    return { store: this.store, sql: this.sql, db: this.sql.db };
  }

  /** Runs `work` in a transaction of its own; what is thrown leaves nothing behind. */
  transaction<T>(work: () => T): T {
    return this.#transactions.immediate(() => {
      const before = this.store.head().seq;
      const result = work();
      const { seq } = this.store.head();
      if (seq !== before) this.#projector.recordPosition(seq);
      return result;
    });
  }

  /** Batches of commands for these handlers, each batch in one transaction. */
  groupCommit(handlers: Handlers): GroupCommit {
    return new GroupCommit(this.#transactions, this.#projector, this.context, handlers);
  }

  /**
   * Builds a projection, or all of them, anew, in one transaction: from zero, or where events have left the log from
   * the newest checkpoint.
   */
  rebuild(name?: string): void {
    this.#rebuild(this.#projector.chosen(name));
  }

  #rebuild(projections: readonly Projection[]): void {
    if (projections.length === 0) return;
    const base = attachBase(this.sql);
    try {
      this.#transactions.immediate(() => this.#projector.rebuild(projections, this.store.head().seq, base));
    } finally {
      base?.detach();
    }
  }

  close(): void {
    this.sql.db.close();
  }
}

/**
 * Opens or creates the log at `path`, migrates it and brings its projections up to date.
 * @throws MigrationError, or SQLite's error when the file cannot be opened or written
 */
export function openLog(options: OpenLogOptions): Log {
  const sql = openConnection(options);
  try {
    return new Log(sql, options);
  } catch (error) {
    sql.db.close();
    throw error;
  }
}
