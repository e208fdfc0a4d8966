import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ClockReading } from '../../src/commands/clock.ts';
import { IngestService } from '../../src/engine/ingest/ingest-service.ts';
import { createIngestLimits } from '../../src/engine/ingest/limits.ts';
import { NameGate } from '../../src/engine/name-gate.ts';
import { Sweeper } from '../../src/engine/sweeper.ts';
import type { EngineWriter } from '../../src/engine/writer/client.ts';
import { createHandlers } from '../../src/engine/writer/handlers.ts';
import type { IngestResult, WriterCommands } from '../../src/engine/writer/messages.ts';
import { type Actor, databaseStream } from '../../src/events/index.ts';
import { type Handlers, type Log, openLog } from '../../src/log/index.ts';
import { createLogger } from '../../src/logging.ts';
import { CHECKSUM_FLAG, type Checksum } from '../../src/ltx/index.ts';
import { type Chunk, ContentIndex, PAGES_PER_CHUNK } from '../../src/projections/content-index.ts';
import { loadDatabase } from '../../src/projections/databases.ts';
import { PROJECTIONS } from '../../src/projections/index.ts';

export const ACTOR: Actor = { cluster: 'shop', token: 'anonymous', address: null, request: null };

/** The engine's ingest with the log's writer in this thread: no HTTP, no workers, and a clock that a test turns. */
export class InProcess implements Disposable {
  readonly directory: string;
  readonly log: Log;
  readonly writer: EngineWriter = { execute: async (command) => this.#run(command) as never };
  readonly ingest: IngestService;
  readonly sweeper: Sweeper;
  clock: ClockReading = { wall: 1_800_000_000_000, monotonic: 0 };
  readonly #handlers: Handlers;

  constructor(directory = mkdtempSync(join(tmpdir(), 'lfsb-test-'))) {
    this.directory = directory;
    const spoolDirectory = join(this.directory, 'spool');
    mkdirSync(spoolDirectory, { recursive: true });
    this.log = openLog({
      path: join(this.directory, 'lfsb.db'),
      projections: PROJECTIONS,
      synchronous: 'NORMAL',
    });
    this.#handlers = createHandlers(this.log.context);
    const { writer } = this;
    const log = createLogger({ level: 'silent', format: 'json' });
    this.sweeper = new Sweeper({ writer, spoolDirectory, log });
    this.ingest = new IngestService({
      writer,
      spoolDirectory,
      limits: createIngestLimits(1024 ** 3),
      sweeper: this.sweeper,
      gate: new NameGate(),
      clock: () => this.clock,
      log,
    });
  }

  /** Lets time pass on both clocks. */
  pass(milliseconds: number): void {
    this.clock = { wall: this.clock.wall + milliseconds, monotonic: this.clock.monotonic + milliseconds };
  }

  execute<K extends keyof WriterCommands>(
    command: WriterCommands[K]['command'] & { readonly type: K },
  ): WriterCommands[K]['result'] {
    return this.#run(command) as WriterCommands[K]['result'];
  }

  send(
    db: string,
    ltx: Uint8Array,
    { cluster = 'shop', primary = null as string | null } = {},
  ): Promise<IngestResult> {
    return this.ingest.receive({
      cluster,
      db,
      body: Readable.from([Buffer.from(ltx)]),
      actor: ACTOR,
      primary,
    });
  }

  /** `accepted` and how, or the code of the refusal. */
  async outcome(
    db: string,
    ltx: Uint8Array,
    options: { cluster?: string; primary?: string | null } = {},
  ): Promise<string> {
    const result = await this.send(db, ltx, options);
    return result.kind === 'accepted' ? result.how : result.refusal.code;
  }

  state(db: string, cluster = 'shop') {
    return loadDatabase(this.log.sql, cluster, db);
  }

  /** The page checksums that the index holds of a database, by page number, or null when it has none. */
  pageSums(db: string, cluster = 'shop'): Map<number, bigint> | null {
    const index = new ContentIndex(this.log.sql);
    const generation = this.#generation(db, cluster);
    if (generation === null) return null;
    const sums = new Map<number, bigint>();
    const rows = this.log.sql.all<{ id: number }>(
      'SELECT id FROM page_checksums WHERE id >= ? AND id < ? ORDER BY id',
      generation * 2 ** 24,
      (generation + 1) * 2 ** 24,
    );
    for (const { id } of rows) {
      const number = id % 2 ** 24;
      const chunk: Chunk = index.read(generation, number);
      chunk.forEach((sum, i) => {
        if (sum !== 0n) sums.set(number * PAGES_PER_CHUNK + i + 1, sum);
      });
    }
    return sums;
  }

  /** The database checksum that the index says. */
  indexChecksum(db: string, cluster = 'shop'): Checksum | null {
    const generation = this.#generation(db, cluster);
    return generation === null ? null : new ContentIndex(this.log.sql).xor(generation) | CHECKSUM_FLAG;
  }

  /** Every row of a table, in the order of its key. */
  table(name: string): unknown[] {
    return this.log.sql.all(`SELECT * FROM "${name}"`);
  }

  /** Every table of the projections, whole. */
  projections(): Record<string, unknown[]> {
    const names = PROJECTIONS.flatMap(({ tables }) =>
      tables.flatMap((text) => /^\s*CREATE TABLE (\w+)/.exec(text)?.[1] ?? []),
    );
    return Object.fromEntries(names.map((name) => [name, this.table(name)]));
  }

  [Symbol.dispose](): void {
    this.log.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #generation(db: string, cluster: string): number | null {
    const state = this.state(db, cluster);
    if (state === null) return null;
    return new ContentIndex(this.log.sql).liveGeneration(databaseStream(cluster, db, state.incarnation));
  }

  #run(command: { readonly type: string }): unknown {
    const handle = this.#handlers[command.type];
    if (handle === undefined) throw new Error(`no handler for ${command.type}`);
    return this.log.transaction(() => handle({ ...command }, this.log.context));
  }
}
