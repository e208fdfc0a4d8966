import { join } from 'node:path';
import type { ClockReading } from '../commands/clock.ts';
import { type DataDirectory, openDataDirectory } from '../engine/data-directory.ts';
import { IngestService } from '../engine/ingest/ingest-service.ts';
import { createIngestLimits } from '../engine/ingest/limits.ts';
import { NameGate } from '../engine/name-gate.ts';
import { sweepSpool } from '../engine/spool.ts';
import { Sweeper } from '../engine/sweeper.ts';
import type { EngineWriter } from '../engine/writer/client.ts';
import { createHandlers } from '../engine/writer/handlers.ts';
import { SYSTEM_ACTOR } from '../events/index.ts';
import { CleanupStack } from '../lifecycle.ts';
import { openLog, openReadOnly, type SqlConnection } from '../log/index.ts';
import type { Logger } from '../logging.ts';
import type { Txid } from '../ltx/index.ts';
import { PROJECTIONS } from '../projections/index.ts';
import { isSpoolNameKnown } from '../projections/payloads.ts';
import { SOURCE_BODY_LIMITS } from '../sources/body-limits.ts';
import { RecordFile } from '../sources/record-file.ts';
import type { SyncReport } from '../sources/report.ts';
import { Source } from '../sources/source.ts';
import { IndexedState } from '../sources/stored-state.ts';
import { LocalWriter } from './local-writer.ts';
import { AGENT_CLUSTER, databaseNameOf } from './names.ts';
import type { AgentDatabase } from './plan.ts';
import { publishTo } from './publish.ts';
import { StoredReports } from './replica-reports.ts';
import { type AgentStorage, openAgentStorage } from './storage.ts';

/** Largest transaction that is taken, bytes: as large as a database that is copied whole. */
const TRANSACTION_BYTES_MAX = 1024 ** 4;

export interface AgentRuntime {
  readonly version: string;
  readonly clock: () => ClockReading;
  readonly bootId: string | null;
  readonly log: Logger;
}

/**
 * One live database with its log and its replicas, in the thread that asks. It blocks where SQLite does. One call
 * at a time, but for `close`.
 */
export class ReplicatedDatabase {
  readonly plan: AgentDatabase;
  readonly name: string;
  /** The log, on a connection that only reads. */
  readonly sql: SqlConnection;
  readonly writer: EngineWriter;
  readonly storage: AgentStorage;
  readonly directory: DataDirectory;
  readonly reports: StoredReports;
  readonly #source: Source;
  readonly #stored: IndexedState;
  readonly #stack: CleanupStack;
  readonly #life: { endedBy: string };

  private constructor(parts: Parts) {
    this.plan = parts.plan;
    this.name = parts.name;
    this.sql = parts.sql;
    this.writer = parts.writer;
    this.storage = parts.storage;
    this.directory = parts.directory;
    this.reports = parts.reports;
    this.#source = parts.source;
    this.#stored = parts.stored;
    this.#stack = parts.stack;
    this.#life = parts.life;
  }

  /**
   * Opens the log in the database's own directory, which is locked, and takes up what was unfinished. The live
   * file is not touched before the first sync.
   * @throws LfsbError `EDATADIR`
   */
  static async open(plan: AgentDatabase, runtime: AgentRuntime): Promise<ReplicatedDatabase> {
    const stack = new CleanupStack();
    try {
      return new ReplicatedDatabase(await assemble(plan, runtime, stack));
    } catch (error) {
      await stack.run();
      throw error;
    }
  }

  /** A history that is not begun yet begins behind this TXID: replicas have an earlier one of the same database. */
  beginBehind(txid: Txid): void {
    this.#stored.behind = txid;
    if (txid > 0n) this.storage.earlier.begin(txid);
  }

  /** Publishes to the log all that was committed until now; see `Source.sync`. */
  sync(): Promise<SyncReport> {
    return this.#source.sync();
  }

  /** See `Source.isAwaited`. */
  isAwaited(): boolean {
    return this.#source.isAwaited();
  }

  /** Lets go of everything; what is stored nowhere yet is taken up by the next start. */
  async close(reason: string): Promise<void> {
    this.#life.endedBy = reason;
    await this.#stack.run();
  }
}

interface Parts {
  readonly plan: AgentDatabase;
  readonly name: string;
  readonly sql: SqlConnection;
  readonly writer: EngineWriter;
  readonly storage: AgentStorage;
  readonly directory: DataDirectory;
  readonly reports: StoredReports;
  readonly source: Source;
  readonly stored: IndexedState;
  readonly stack: CleanupStack;
  readonly life: { endedBy: string };
}

async function assemble(plan: AgentDatabase, runtime: AgentRuntime, stack: CleanupStack): Promise<Parts> {
  const { clock, bootId, log, version } = runtime;
  const name = databaseNameOf(plan.path);
  const directory = await openDataDirectory(plan.metaDirectory);
  stack.add(async () => directory.release());
  const events = openLog({ path: directory.database, projections: PROJECTIONS, synchronous: 'FULL' });
  stack.add(async () => events.close());
  const longestRetentionMs = Math.max(
    ...plan.replicas.flatMap(({ compaction }) => compaction.levels.map(({ retentionMs }) => retentionMs)),
  );
  const handlers = createHandlers(events.context, { clock: { bootId, longestRetentionMs } });
  const writer = new LocalWriter(events, handlers);
  const sql = openReadOnly(directory.database);
  stack.add(async () => sql.db.close());
  await sweepSpool(directory.spool, (each) => isSpoolNameKnown(sql, each));
  const actor = SYSTEM_ACTOR;
  const started = { version, node: process.version, dataDirectory: directory.root };
  await writer.execute({ type: 'server.started', actor, clock: clock(), ...started });
  const life = { endedBy: 'the start failed' };
  // What is closed before this may still have something to record.
  stack.add(() => writer.execute({ type: 'server.stopped', actor, clock: clock(), reason: life.endedBy }));
  const sweeper = new Sweeper({ writer, spoolDirectory: directory.spool, log });
  stack.add(() => sweeper.stop());
  sweeper.wake();
  const storage = await openAgentStorage({ plan, name, directory, sql, writer, sweeper, clock, log });
  stack.add(() => storage.close());
  const limits = { ...createIngestLimits(TRANSACTION_BYTES_MAX), body: SOURCE_BODY_LIMITS };
  const gate = new NameGate();
  // A line a sync would be a line a second: the log of events has them all.
  const quiet = log.isLevelEnabled('info') ? log.child({}, { level: 'warn' }) : log;
  const spoolDirectory = directory.spool;
  const ingest = new IngestService({ writer, spoolDirectory, limits, sweeper, gate, clock, log: quiet });
  const stored = new IndexedState(sql, AGENT_CLUSTER, name);
  const source = new Source({
    path: plan.path,
    stored,
    record: new RecordFile(join(directory.root, 'wal-position')),
    publish: publishTo(ingest, name),
    now: () => clock().wall,
    busyTimeoutMs: plan.busyTimeoutMs,
    checkpoint: plan.checkpoint,
  });
  stack.add(async () => source.close());
  const reports = new StoredReports({ plan, name, directory, sql, writer, clock });
  return { plan, name, sql, writer, storage, directory, reports, source, stored, stack, life };
}
