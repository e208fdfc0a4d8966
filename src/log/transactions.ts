import type { SqlConnection } from './sql.ts';
import type { EventStore } from './store.ts';

/** SQLite transactions and savepoints that take the store's memory along, whichever way they end. */
export class Transactions {
  readonly #sql: SqlConnection;
  readonly #store: EventStore;

  constructor(sql: SqlConnection, store: EventStore) {
    this.#sql = sql;
    this.#store = store;
  }

  /**
   * Runs `work` in a transaction that holds the write lock from its start, and commits. Whatever is thrown, by
   * the work or by the commit, nothing is left of it.
   */
  immediate<T>(work: () => T): T {
    this.#sql.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#sql.run('COMMIT');
      this.#store.committed();
      return result;
    } catch (error) {
      // A full disk or an I/O error may have rolled back by itself.
      if (this.#sql.inTransaction) this.#sql.run('ROLLBACK');
      this.#store.reset();
      throw error;
    }
  }

  /**
   * Runs `work` in a savepoint of the open transaction: when it throws, nothing is left of it, and what came
   * before it in the transaction stays.
   */
  savepoint<T>(work: () => T): T {
    const mark = this.#store.mark();
    this.#sql.run('SAVEPOINT command');
    try {
      const result = work();
      this.#sql.run('RELEASE command');
      return result;
    } catch (error) {
      if (this.#sql.inTransaction) {
        this.#sql.run('ROLLBACK TO command');
        this.#sql.run('RELEASE command');
        this.#store.rollBackTo(mark);
      }
      throw error;
    }
  }
}
