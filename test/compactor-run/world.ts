import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseCompaction } from '../../src/compactor/plan/index.ts';
import type { CompactionConfig } from '../../src/compactor/plan/types.ts';
import { Compactor } from '../../src/compactor/run/compactor.ts';
import type { ConfiguredReplica } from '../../src/compactor/run/context.ts';
import { DueWork } from '../../src/compactor/run/due-work.ts';
import { FreshFiles, freshDirectory } from '../../src/compactor/run/fresh-files.ts';
import { LocalJobs } from '../../src/compactor/run/local-jobs.ts';
import { Pins } from '../../src/compactor/run/pins.ts';
import { ReplicaSet, unknownReplica } from '../../src/compactor/run/replica-set.ts';
import type { Sealing } from '../../src/compactor/run/seal-jobs.ts';
import { LocalSealingJobs } from '../../src/compactor/run/seal-local-jobs.ts';
import type { SourcePlaces } from '../../src/compactor/run/sources.ts';
import { Suspects } from '../../src/compactor/run/suspects.ts';
import type { EngineWriter } from '../../src/engine/writer/client.ts';
import { formatHead } from '../../src/events/index.ts';
import { SEALING_LIMITS, type SealingLimits } from '../../src/log/seal/limits.ts';
import { createLogger } from '../../src/logging.ts';
import { highWaterMarkOf } from '../../src/projections/high-water.ts';
import { payloadBytes } from '../../src/projections/payloads.ts';
import { type StoredFileRow, storedFilesOf } from '../../src/projections/stored-files.ts';
import { MemoryReplica, type Replica, StorageMeter, withMetering } from '../../src/storage/index.ts';
import { InProcess } from '../support/in-process.ts';
import type { ModelDatabase } from '../support/ltx-fixtures.ts';

/** Where a run stops as a crash would: nothing after it happens. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Commands to the log's writer that what is due at one time may take. */
const COMMANDS_MAX = 20_000;

export interface WorldOptions {
  readonly replicas?: readonly string[];
  readonly levels?: string;
  readonly snapshot?: string;
  readonly level0BytesMax?: number;
  /** Replicas that keep files in their own way. */
  readonly compactions?: Readonly<Record<string, CompactionConfig>>;
  /** Brings the log to the replicas too, within these limits. */
  readonly sealing?: Partial<SealingLimits>;
  /** What is kept of files stored lately, bytes: with nothing, every input is read from its replica. */
  readonly freshBytesMax?: number;
  /** Makes the place of a replica; in memory when left out. */
  readonly place?: (name: string) => Replica;
  /** What stands between the compactor and a replica. */
  readonly wrap?: (replica: Replica, world: World, name: string) => Replica;
}

/** The compactor on replicas in memory, with the log's writer in this thread and a clock that the test turns. */
export class World implements Disposable {
  readonly engine = new InProcess();
  readonly stored = new Map<string, Replica>();
  readonly meters = new Map<string, StorageMeter>();
  readonly config: CompactionConfig;
  readonly pins = new Pins();
  readonly due = new DueWork();
  suspects = new Suspects();
  readonly logs: { level: string; msg: string }[] = [];
  /** Decides whether to crash after a step. */
  crashAfter: (step: string) => boolean = () => false;
  compactor!: Compactor;
  places!: SourcePlaces;
  readonly #options: WorldOptions;
  readonly #replicas: readonly ConfiguredReplica[];
  #crashed = { value: false };
  #writes = 0;
  #commands = 0;
  #spinning: Error | null = null;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.config = parseCompaction(options.levels, options.snapshot, options.level0BytesMax);
    const names = options.replicas ?? ['one'];
    this.#replicas = names.map((name, at) => ({
      ...{ name, url: `memory:${name}`, required: at === 0 },
      compaction: options.compactions?.[name],
    }));
    for (const name of names) {
      this.stored.set(name, options.place?.(name) ?? new MemoryReplica());
      this.meters.set(name, new StorageMeter(() => this.now));
    }
    mkdirSync(join(this.engine.directory, 'cache'), { recursive: true });
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await world.start();
    return world;
  }

  get now(): number {
    return this.engine.clock.wall;
  }

  /** Whether the run has come to a crash. */
  get hasCrashed(): boolean {
    return this.#crashed.value;
  }

  /** Starts a compactor, as a process that starts would: nothing is left of the one before but what is on disk. */
  async start(): Promise<void> {
    const crashed = { value: false };
    this.#crashed = crashed;
    this.suspects = new Suspects();
    const guard = (): void => {
      if (crashed.value) throw new Crash('the process is gone');
    };
    const { sql } = this.engine.log;
    const writer: EngineWriter = {
      execute: async (command, transfer) => {
        guard();
        this.#spent(command);
        return this.engine.writer.execute(command, transfer);
      },
    };
    const cacheDirectory = join(this.engine.directory, 'cache');
    this.places = {
      spoolDirectory: join(this.engine.directory, 'spool'),
      cacheDirectory,
      payloadBytes: (seq) => payloadBytes(sql, seq),
      replicas: new ReplicaSet(async (name) => this.#open(name, guard)),
      fresh: new FreshFiles(freshDirectory(cacheDirectory), this.#options.freshBytesMax),
    };
    const logHead = (): string => formatHead(this.engine.log.store.head());
    const jobs = new LocalJobs({ sql, ...this.places, logHead });
    this.compactor = new Compactor({
      sql,
      writer,
      jobs,
      clock: () => this.engine.clock,
      config: this.config,
      replicas: this.#replicas,
      pins: this.pins,
      due: this.due,
      suspects: this.suspects,
      sealing: this.#sealing(logHead),
      log: createLogger({
        level: 'debug',
        format: 'json',
        destination: { write: (line: string) => void this.logs.push(JSON.parse(line)) },
      }),
      onDead: () => this.engine.sweeper.wake(),
      afterStep: (step) => {
        guard();
        if (!this.crashAfter(step)) return;
        crashed.value = true;
        throw new Crash(step);
      },
      random: () => 0.5,
    });
    await this.compactor.start({
      replicas: this.#replicas.map(({ name, required }) => ({ name, required })),
      levels: this.#options.levels ?? 'default',
      snapshot: this.#options.snapshot ?? 'default',
      level0BytesMax: this.config.level0BytesMax,
    });
  }

  #sealing(logHead: () => string): Sealing | undefined {
    const { sealing } = this.#options;
    if (sealing === undefined) return undefined;
    const database = join(this.engine.directory, 'lfsb.db');
    const { cacheDirectory, replicas } = this.places;
    const jobs = new LocalSealingJobs({
      sql: this.engine.log.sql,
      database,
      cacheDirectory,
      replicas,
      logHead,
    });
    return { jobs, limits: { ...SEALING_LIMITS, ...sealing }, database };
  }

  #open(name: string, guard: () => void): Replica {
    const place = this.stored.get(name);
    const meter = this.meters.get(name);
    if (place === undefined || meter === undefined) throw unknownReplica(name);
    const metered = withMetering(place, meter);
    const wrapped = this.#options.wrap?.(metered, this, name) ?? metered;
    return new Proxy(wrapped, {
      get: (target, property, receiver) => {
        guard();
        const value: unknown = Reflect.get(target, property, receiver);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Time stands still while the compactor works: what is due at one time has to come to an end. */
  #spent(command: { readonly type: string }): void {
    if (++this.#commands < COMMANDS_MAX) return;
    this.#spinning = new Error(`it goes on and on: ${JSON.stringify(command)}`);
    throw this.#spinning;
  }

  /** A transaction of a page or two, made and received now. */
  async write(db: string, model: ModelDatabase): Promise<void> {
    this.#writes++;
    const page = new Uint8Array(model.pageSize).fill(this.#writes % 251);
    const pages: [number, Uint8Array][] = [
      [1, page],
      [(this.#writes % 4) + 1, page],
    ];
    const { ltx } = model.commit({ pages, timestampMs: BigInt(this.now) });
    const outcome = await this.engine.outcome(db, ltx);
    if (outcome !== 'create' && outcome !== 'append') throw new Error(`the write came to ${outcome}`);
  }

  /** Does all that is due. */
  async work(): Promise<void> {
    this.#commands = 0;
    this.compactor.tick();
    await this.compactor.settled();
    if (this.#spinning !== null) throw this.#spinning;
  }

  /** Lets time pass, a step at a time, doing what comes due. */
  async pass(milliseconds: number, stepMs = 1_000): Promise<void> {
    for (let left = milliseconds; left > 0 && !this.hasCrashed; left -= stepMs) {
      this.engine.pass(Math.min(stepMs, left));
      await this.work();
    }
  }

  async keys(replica = 'one', prefix = ''): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.stored.get(replica)!.list(prefix)) keys.push(key);
    return keys;
  }

  /** The calls that a replica has taken, by operation. */
  calls(replica = 'one'): Record<string, number> {
    const { operations } = this.meters.get(replica)!.snapshot();
    const counts = Object.entries(operations).map(([name, { successes, failures }]) => [
      name,
      successes + failures,
    ]);
    return Object.fromEntries(counts.filter(([, count]) => count !== 0));
  }

  files(db: string, incarnation = 1, cluster = 'shop'): StoredFileRow[] {
    return storedFilesOf(this.engine.log.sql, cluster, db, incarnation);
  }

  highWaterMark(db: string, incarnation = 1): bigint {
    return highWaterMarkOf(this.engine.log.sql, 'shop', db, incarnation);
  }

  /** Events of the log by type, oldest first. */
  events(type: string): Record<string, unknown>[] {
    return this.engine.log.sql
      .all<{ canonical: string }>('SELECT canonical FROM event WHERE type = ? ORDER BY seq', type)
      .map(({ canonical }) => JSON.parse(canonical).body);
  }

  outbox(): Record<string, unknown>[] {
    return this.engine.log.sql.all('SELECT * FROM outbox ORDER BY id');
  }

  [Symbol.dispose](): void {
    this.engine[Symbol.dispose]();
  }
}
