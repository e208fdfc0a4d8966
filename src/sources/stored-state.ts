import { type DatabaseState, unknownDatabase } from '../commands/database-state.ts';
// Not from their folders' indexes: a thread that reads a database loads neither schemas nor the log's writer.
import { databaseStream } from '../events/streams.ts';
import { openReadOnly } from '../log/connection.ts';
import type { SqlConnection } from '../log/sql.ts';
import type { Txid } from '../ltx/index.ts';
import { type Chunk, ContentIndex, PAGES_PER_CHUNK } from '../projections/content-index.ts';
import { loadDatabase } from '../projections/databases.ts';

/** What is stored of a database: its position, and the checksums of its pages. */
export interface StoredState {
  /** The state that the log has. */
  load(): StoredDatabase;
}

export interface StoredDatabase {
  readonly state: DatabaseState;
  /** TXIDs that an earlier history has, of which the log knows nothing: the first goes behind them. */
  readonly behind?: Txid;
  /** The checksum of a page as it is stored; 0 where there is none. Quick when pages rise. */
  sumOf(page: number): bigint;
}

/** What the engine's own index says, read on a connection that only reads. */
export class IndexedState implements StoredState {
  /** TXIDs up to here are not given to a database that is not stored yet. */
  behind: Txid = 0n;
  readonly #sql: SqlConnection;
  readonly #index: ContentIndex;
  readonly #cluster: string;
  readonly #db: string;

  /** @param path the log's database */
  static open(path: string, cluster: string, db: string): IndexedState {
    return new IndexedState(openReadOnly(path), cluster, db);
  }

  constructor(sql: SqlConnection, cluster: string, db: string) {
    this.#sql = sql;
    this.#index = new ContentIndex(sql);
    this.#cluster = cluster;
    this.#db = db;
  }

  load(): StoredDatabase {
    const state =
      loadDatabase(this.#sql, this.#cluster, this.#db) ?? unknownDatabase(this.#cluster, this.#db);
    const stream = databaseStream(this.#cluster, this.#db, state.incarnation);
    const generation = state.commit === 0 ? null : this.#index.liveGeneration(stream);
    let known = -1;
    let sums: Chunk = new BigUint64Array(PAGES_PER_CHUNK);
    const sumOf = (page: number): bigint => {
      if (generation === null || page > state.commit) return 0n;
      const chunk = Math.floor((page - 1) / PAGES_PER_CHUNK);
      if (chunk !== known) sums = this.#index.read(generation, chunk);
      known = chunk;
      return sums[(page - 1) % PAGES_PER_CHUNK] ?? 0n;
    };
    return { state, sumOf, behind: this.behind };
  }

  close(): void {
    this.#sql.db.close();
  }
}
