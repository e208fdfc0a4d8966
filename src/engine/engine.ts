import type { ClockReading } from '../commands/clock.ts';
import type { RestoreTarget } from '../commands/decide-restore.ts';
import type { RestorePoint } from '../compactor/plan/index.ts';
import type { DueWork } from '../compactor/run/due-work.ts';
import { LfsbError } from '../errors/index.ts';
import { type Actor, databaseStream } from '../events/index.ts';
import type { LogHistory, SqlConnection } from '../log/index.ts';
import type { Pos } from '../ltx/index.ts';
import { damagedCounts } from '../projections/damaged-files.ts';
import { listDatabases, loadDatabase } from '../projections/databases.ts';
import { listReplicas } from '../projections/replicas.ts';
import { type ClockHealth, clockHealth } from './clock-health.ts';
import type { ImportOutcome } from './import/commit-import.ts';
import type { ImportRequest, ImportService } from './import/import-service.ts';
import type { IngestRequest, IngestService } from './ingest/ingest-service.ts';
import type { Readiness } from './readiness.ts';
import type { DatabaseKey, PointFinder, PointSelection } from './restore/point-finder.ts';
import type {
  CheckOutcome,
  CheckRequest,
  RestoreOutcome,
  RestoreRequest,
} from './restore/restore-request.ts';
import type { RestoreService } from './restore/restore-service.ts';
import { bytesLeftOut, fileName } from './snapshot/part.ts';
import type { Snapshot, SnapshotQuery } from './snapshot/snapshot.ts';
import { type ServerStatus, StatusReader } from './status.ts';
import type { StorageFacts, StorageFactsReader } from './storage-facts.ts';
import type { StreamPool } from './streams/stream-pool.ts';
import type { Sweeper } from './sweeper.ts';
import type { VerifyRequest, VerifyService, VerifyStep } from './verify/verify-service.ts';
import { warningsOf } from './warnings.ts';
import type { EngineWriter } from './writer/client.ts';
import type { IngestResult } from './writer/messages.ts';

export interface EngineDependencies {
  /** A connection that only reads. */
  readonly sql: SqlConnection;
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly sweeper: Sweeper;
  readonly ingest: IngestService;
  readonly imports: ImportService;
  readonly points: PointFinder;
  readonly restores: RestoreService;
  readonly streams: StreamPool;
  readonly drills: VerifyService;
  readonly history: LogHistory;
  readonly dataDirectory: string;
  readonly facts: StorageFactsReader;
  /** What long-term storage has yet to do. */
  readonly due: DueWork;
  readonly storage: { readonly isStoreOnly: boolean; readonly longestRetentionMs: number };
}

/** What the doors of the program can ask for: transactions in, positions and databases out. */
export class Engine {
  readonly #deps: EngineDependencies;
  readonly #status: StatusReader;
  #failure: string | null = null;

  constructor(dependencies: EngineDependencies) {
    this.#deps = dependencies;
    this.#status = new StatusReader(dependencies);
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
   * A database as it is now, or as it was at a restore point.
   * @throws LfsbError `ENODB`, also for a dropped one as SQLite; `ENOTXID`, `ENOTIMESTAMP`, `ERANGE`, `ECORRUPT`, `EUNAVAILABLE`
   */
  async snapshot({ format, query, part = null, ...key }: SnapshotQuery): Promise<Snapshot> {
    const { points, streams } = this.#deps;
    const point = query === null ? this.#current(key) : points.find(key, query);
    const { pos, pageSize, commit, timestamp: effectiveTime, incarnation } = point;
    if (format === 'sqlite' && commit === 0) {
      throw new LfsbError('ENODB', 'database not found', { hint: 'it was dropped by its primary' });
    }
    const stream = databaseStream(key.cluster, key.db, incarnation);
    const name = format === 'sqlite' ? fileName(pos, incarnation) : null;
    const leftOutBytes = name === null ? null : bytesLeftOut(part, name, commit * pageSize);
    try {
      const request = { stream, format, pos, pageSize, commit, effectiveTime };
      return { pos, name, leftOutBytes, ...(await streams.open(request, leftOutBytes ?? 0)) };
    } catch (error) {
      const now = loadDatabase(this.#deps.sql, key.cluster, key.db);
      // Its files may have gone while they were opened: then they are not missing, the database is.
      if (now?.pos === null || now?.incarnation !== incarnation) {
        throw new LfsbError('ENODB', 'database not found', { hint: 'it was deleted just now', cause: error });
      }
      // Or the point is, because its promise has ended.
      if (query !== null) points.find(key, { txid: pos.txid });
      throw error;
    }
  }

  /** Restore points, the first and last or a list, which is read as it is gone through. @throws LfsbError `ENODB` */
  info(key: DatabaseKey, selection: PointSelection): Iterable<RestorePoint> {
    return this.#deps.points.select(key, selection);
  }

  /** Builds a restore point and throws it away; resolves to what would be restored, or why it would be refused. */
  checkRestore(request: CheckRequest): Promise<CheckOutcome> {
    return this.#deps.restores.check(request);
  }

  /** Sets a database back to a restore point, as its next transaction; resolves when that is durable, or refused. */
  restore(request: RestoreRequest): Promise<RestoreOutcome> {
    return this.#deps.restores.restore(request);
  }

  /** A restore drill: proves what replicas hold of a database, and puts it on record. */
  verify(request: VerifyRequest): AsyncGenerator<VerifyStep, void> {
    return this.#deps.drills.run(request);
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

  #current(key: DatabaseKey): RestoreTarget {
    const state = loadDatabase(this.#deps.sql, key.cluster, key.db);
    if (state === null || state.pos === null) throw new LfsbError('ENODB', 'database not found');
    const { incarnation, pos, pageSize, commit, effectiveTime } = state;
    return { incarnation, pos, pageSize, commit, timestamp: effectiveTime ?? 0 };
  }

  /** The event log, from its first event on. */
  get history(): LogHistory {
    return this.#deps.history;
  }

  /** What the wall clock is good for. */
  clock(): ClockHealth {
    const { sql, clock, storage } = this.#deps;
    return clockHealth(sql, clock(), storage.longestRetentionMs);
  }

  /** What there is to know of long-term storage, a few seconds old. */
  storageFacts(): Promise<StorageFacts> {
    return this.#deps.facts.read();
  }

  /** An operator says that the wall clock is right; resolves to whether it had been doubted, when that is on record. */
  async clearClock(actor: Actor): Promise<boolean> {
    const { writer, clock } = this.#deps;
    return (await writer.execute({ type: 'clock.clear', actor, clock: clock() })).cleared;
  }

  /** How the server and the databases of a cluster fare: those behind a name, at most so many. */
  status(cluster: string, page: { readonly after: string; readonly limit: number }): Promise<ServerStatus> {
    return this.#status.read(cluster, page);
  }

  readiness(): Readiness {
    const { dataDirectory, sql, storage } = this.#deps;
    const replicas = listReplicas(sql);
    const clock = this.clock();
    const warnings = warningsOf(replicas, clock, storage.isStoreOnly, damagedCounts(sql));
    const state = { dataDirectory, replicas, clock, warnings };
    return this.#failure === null
      ? { ready: true, ...state }
      : { ready: false, reason: this.#failure, ...state };
  }

  /** From now on not ready, for this reason: the server is going down. */
  fail(reason: string): void {
    this.#failure ??= reason;
  }
}
