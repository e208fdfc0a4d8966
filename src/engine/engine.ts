import type { ClockReading } from '../commands/clock.ts';
import { LfsbError } from '../errors/index.ts';
import { type Actor, databaseStream } from '../events/index.ts';
import type { Pos } from '../ltx/index.ts';
import { listDatabases, loadDatabase } from '../projections/databases.ts';
import type { Sql } from '../projections/index.ts';
import type { ImportOutcome } from './import/commit-import.ts';
import type { ImportRequest, ImportService } from './import/import-service.ts';
import type { IngestRequest, IngestService } from './ingest/ingest-service.ts';
import type { ByteStream } from './streams/byte-stream.ts';
import type { StreamPool } from './streams/stream-pool.ts';
import type { Sweeper } from './sweeper.ts';
import type { EngineWriter } from './writer/client.ts';
import type { IngestResult } from './writer/messages.ts';

export interface Snapshot {
  readonly pos: Pos;
  readonly sizeBytes: number | null;
  readonly stream: ByteStream;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason?: string;
  readonly dataDirectory: string;
  /** Where transactions go for the long term. */
  readonly replicas: readonly string[];
}

export interface EngineDependencies {
  /** A connection that only reads. */
  readonly sql: Sql;
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly sweeper: Sweeper;
  readonly ingest: IngestService;
  readonly imports: ImportService;
  readonly streams: StreamPool;
  readonly dataDirectory: string;
}

/** What the doors of the program can ask for: transactions in, positions and databases out. */
export class Engine {
  readonly #deps: EngineDependencies;
  #failure: string | null = null;

  constructor(dependencies: EngineDependencies) {
    this.#deps = dependencies;
  }

  /** Receives a transaction; resolves when it is durable, or refused. */
  ingest(request: IngestRequest): Promise<IngestResult> {
    return this.#deps.ingest.receive(request);
  }

  /** Receives a whole SQLite file as the next transaction; resolves when it is durable, or refused. */
  import(request: ImportRequest): Promise<ImportOutcome> {
    return this.#deps.imports.receive(request);
  }

  /** The positions that a primary is told: of every database but those that wait for a full snapshot. */
  *positions(cluster: string): Generator<{ readonly db: string; readonly pos: Pos }> {
    for (const { db, pos, withheld } of listDatabases(this.#deps.sql, cluster)) {
      if (pos !== null && pos.txid !== 0n && !withheld) yield { db, pos };
    }
  }

  /**
   * A database as it is now.
   * @throws LfsbError `ENODB`, also for a dropped one as SQLite; `ECORRUPT`, `EUNAVAILABLE`
   */
  async snapshot(request: { cluster: string; db: string; format: 'ltx' | 'sqlite' }): Promise<Snapshot> {
    const { cluster, db, format } = request;
    const state = loadDatabase(this.#deps.sql, cluster, db);
    if (state === null || state.pos === null) throw new LfsbError('ENODB', 'database not found');
    if (format === 'sqlite' && state.commit === 0) {
      throw new LfsbError('ENODB', 'database not found: it was dropped by its primary');
    }
    const { pos, pageSize, commit } = state;
    const stream = databaseStream(cluster, db, state.incarnation);
    const effectiveTime = state.effectiveTime ?? 0;
    try {
      const opened = await this.#deps.streams.open({ stream, format, pos, pageSize, commit, effectiveTime });
      return { pos, ...opened };
    } catch (error) {
      const now = loadDatabase(this.#deps.sql, cluster, db);
      // Its files may have gone while they were opened: then they are not missing, the database is.
      if (now?.pos === null || now?.incarnation !== state.incarnation) {
        throw new LfsbError('ENODB', 'database not found: it was deleted just now', { cause: error });
      }
      throw error;
    }
  }

  /**
   * Deletes a database and its backups; resolves when that is on record.
   * @throws LfsbError `ENODB`
   */
  async delete(request: { cluster: string; db: string; actor: Actor }): Promise<void> {
    const result = await this.#deps.writer.execute({ type: 'delete', ...request, clock: this.#deps.clock() });
    if (result.kind === 'refused') throw new LfsbError(result.refusal.code, result.refusal.message);
    this.#deps.sweeper.wake();
  }

  readiness(): Readiness {
    const { dataDirectory } = this.#deps;
    const state = { dataDirectory, replicas: [] };
    return this.#failure === null
      ? { ready: true, ...state }
      : { ready: false, reason: this.#failure, ...state };
  }

  /** From now on not ready, for this reason: the server is going down. */
  fail(reason: string): void {
    this.#failure ??= reason;
  }
}
