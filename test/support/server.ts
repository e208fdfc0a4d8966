import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import type { ClockReading } from '../../src/commands/clock.ts';
import type { Timer } from '../../src/compactor/run/timer.ts';
import { DEFAULT_STORAGE, type ServerConfig } from '../../src/config/index.ts';
import { createIngestLimits, type IngestLimits } from '../../src/engine/ingest/limits.ts';
import { openReadOnly, type SqlConnection } from '../../src/log/index.ts';
import { createLogger } from '../../src/logging.ts';
import { type RunningServer, type ServerDependencies, startServer } from '../../src/server.ts';
import { HttpClient } from './http-client.ts';

/** A line of the server's log. */
export type LogLine = Record<string, unknown> & { level: string; msg?: string };

export interface TestServerOptions {
  /** Kept when the server stops; a temporary one, removed then, unless given. */
  readonly dataPath?: string;
  readonly config?: Partial<ServerConfig>;
  readonly limits?: Partial<IngestLimits>;
  readonly clock?: () => ClockReading;
  /** Names the start of the machine that the clock counts from. */
  readonly bootId?: () => string;
  readonly believesDates?: boolean;
  /** What has long-term storage look for what is due: nothing, unless given. */
  readonly timer?: Timer;
  /** How much of the log is sealed at a time, and how much stays here. */
  readonly sealing?: ServerDependencies['sealing'];
}

const never: Timer = { every: () => () => {} };

/** A real server in this process, on a free port of the loopback, and what a test wants to know of it. */
export class TestServer implements AsyncDisposable {
  readonly dataPath: string;
  readonly logs: LogLine[] = [];
  /** Of the ingests that run now: permits and the like can be looked at. */
  limits: IngestLimits;
  readonly #options: TestServerOptions;
  readonly #clients: HttpClient[] = [];
  #running: RunningServer | null = null;
  #sql: SqlConnection | null = null;

  private constructor(dataPath: string, options: TestServerOptions) {
    this.dataPath = dataPath;
    this.#options = options;
    this.limits = createIngestLimits(1);
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const dataPath = options.dataPath ?? (await mkdtemp(join(tmpdir(), 'lfsb-test-')));
    const server = new TestServer(dataPath, options);
    await server.start();
    return server;
  }

  get url(): string {
    if (this.#running === null) throw new Error('the server is stopped');
    return this.#running.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get spoolPath(): string {
    return join(this.dataPath, 'spool');
  }

  /** A client that speaks for a cluster, on kept-alive connections that end with the server. */
  client(cluster = 'test', connectionsMax = Number.POSITIVE_INFINITY): HttpClient {
    const client = new HttpClient(() => this.url, cluster, connectionsMax);
    this.#clients.push(client);
    return client;
  }

  async start(): Promise<void> {
    const { config, clock, limits, bootId, believesDates, timer = never, sealing } = this.#options;
    const ingestBytesMax = config?.ingestBytesMax ?? 1024 ** 3;
    this.limits = { ...createIngestLimits(ingestBytesMax), ...limits };
    const destination = { write: (line: string) => void this.logs.push(JSON.parse(line) as LogLine) };
    const log = createLogger({ level: 'debug', format: 'json', destination });
    this.#running = await startServer(
      {
        dataPath: this.dataPath,
        bind: { host: '127.0.0.1', port: 0 },
        logLevel: 'debug',
        logFormat: 'json',
        ingestBytesMax,
        sentryDsn: null,
        // A place of its own, so that nothing is complained of.
        storage: { ...DEFAULT_STORAGE, replicas: [pathToFileURL(join(this.dataPath, 'replica')).href] },
        ...config,
      },
      {
        log,
        limits: this.limits,
        ...(clock === undefined ? {} : { clock }),
        ...(bootId === undefined ? {} : { bootId: bootId() }),
        ...(believesDates === undefined ? {} : { believesDates }),
        timer,
        ...(sealing === undefined ? {} : { sealing }),
      },
    );
  }

  async stop(reason = 'test'): Promise<void> {
    for (const client of this.#clients) client.close();
    this.#sql?.db.close();
    this.#sql = null;
    await this.#running?.close(reason);
    this.#running = null;
  }

  /** Stops and starts again on the same data, on another port. */
  async restart(): Promise<void> {
    await this.stop('restart');
    await this.start();
  }

  /** What the log and its projections hold, on a connection that only reads. */
  get sql(): SqlConnection {
    // One for all: SQLite keeps the descriptor of one that closes as long as this process has locks on the file.
    this.#sql ??= openReadOnly(join(this.dataPath, 'lfsb.db'));
    return this.#sql;
  }

  query<R = Record<string, unknown>>(sql: string, ...params: (string | number)[]): R[] {
    return this.sql.all<R>(sql, ...params);
  }

  /** Changes the log's database behind the server's back, as a failing disk does. */
  damage(sql: string, ...params: (string | number | Uint8Array)[]): void {
    const db = new Database(join(this.dataPath, 'lfsb.db'), { timeout: 10_000 });
    try {
      const { changes } = db.prepare(sql).run(...params);
      if (changes === 0) throw new Error(`nothing to damage: ${sql}`);
    } finally {
      db.close();
    }
  }

  /** Names in the spool. */
  async spool(): Promise<string[]> {
    return (await readdir(this.spoolPath)).sort();
  }

  /** Log lines at `warn` and above. */
  get complaints(): LogLine[] {
    return this.logs.filter(({ level }) => ['warn', 'error', 'fatal'].includes(level));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('disposed');
    if (this.#options.dataPath === undefined) await rm(this.dataPath, { recursive: true, force: true });
  }
}
