import type { FastifyInstance } from 'fastify';
import type { ClockReading } from './commands/clock.ts';
import { DueWork } from './compactor/run/due-work.ts';
import type { ReplicaState } from './compactor/run/messages.ts';
import { ReplicaMeters } from './compactor/run/meters.ts';
import {
  isStoreOnly,
  longestRetentionMs,
  openStorageWorkers,
  planOf,
  startStorage,
  workerDataOf,
} from './compactor/run/open-storage.ts';
import { Pins } from './compactor/run/pins.ts';
import { tellReplica } from './compactor/run/replica-state.ts';
import { Suspects } from './compactor/run/suspects.ts';
import { eventLoopTimer, type Timer } from './compactor/run/timer.ts';
import type { ServerConfig } from './config/index.ts';
import type { DataDirectory } from './engine/data-directory.ts';
import type { Engine } from './engine/engine.ts';
import { ImportPool } from './engine/import/import-pool.ts';
import { createIngestLimits, type IngestLimits } from './engine/ingest/limits.ts';
import { type OpenedData, openData } from './engine/open-data.ts';
import { openEngine } from './engine/open-engine.ts';
import { StreamPool } from './engine/streams/stream-pool.ts';
import { createSystemClock, readBootId } from './engine/system-clock.ts';
import { closeDoor, listen, shownAddress } from './http/door.ts';
import { createHttpServer } from './http/server.ts';
import { CleanupStack, Failure } from './lifecycle.ts';
import { SEALING_LIMITS, type SealingLimits } from './log/index.ts';
import type { Logger } from './logging.ts';
import { version } from './package-root.ts';
import { createReporter } from './reporting.ts';

export { planOf };

/** What a test may put in the place of the real thing. */
export interface ServerDependencies {
  readonly log: Logger;
  readonly clock?: () => ClockReading;
  /** Whether what replicas say of the time is about this clock: not if it is a test's. */
  readonly believesDates?: boolean;
  /** Which start of the machine the clock's monotonic time counts from. */
  readonly bootId?: string | null;
  /** NORMAL loses acknowledged transactions in a power cut: for the negative control of that test. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  readonly limits?: Partial<IngestLimits>;
  /** What has long-term storage look for what is due. */
  readonly timer?: Timer;
  /** How much of the log is sealed at a time, and how much stays here. */
  readonly sealing?: { readonly limits: SealingLimits };
}

export interface RunningServer extends AsyncDisposable {
  /** Where it listens, as `http://host:port`. */
  readonly url: string;
  /** Finishes what is in flight, then ends. */
  close(reason: string): Promise<void>;
  /** Rejects when the server cannot go on; never resolves. */
  readonly failed: Promise<never>;
}

/** The monotonic clock counts a suspended machine's time too, or every resume would look like a jump. */
const systemClock = createSystemClock();

/**
 * Starts the server: the data directory, the log, what a crash left behind, then the door.
 * @throws LfsbError `EDATADIR`, `EBIND`
 */
export async function startServer(
  config: ServerConfig,
  dependencies: ServerDependencies,
): Promise<RunningServer> {
  const { log } = dependencies;
  log.info({ version: version(), node: process.version }, 'running lfsb');
  const stack = new CleanupStack();
  try {
    const parts = await assemble(config, dependencies, stack);
    const url = await listen(parts.app, config.bind);
    log.info({ addr: shownAddress(config.bind, url), data: parts.directory.root }, 'server listening');
    log.info(
      { LITEFS_CLOUD_ENDPOINT: url, LITEFS_CLOUD_TOKEN: 'cluster NAME' },
      'a LiteFS backs up here with these variables',
    );
    let closing: Promise<void> | undefined;
    const close = (reason: string): Promise<void> => {
      closing ??= shutDown(parts, stack, reason, log);
      return closing;
    };
    return { url, close, failed: parts.failed, [Symbol.asyncDispose]: () => close('disposed') };
  } catch (error) {
    await stack.run();
    throw error;
  }
}

interface Parts {
  readonly directory: DataDirectory;
  readonly app: FastifyInstance;
  readonly engine: Engine;
  readonly life: OpenedData['life'];
  readonly failed: Promise<never>;
}

async function assemble(
  config: ServerConfig,
  {
    log,
    clock = systemClock,
    believesDates = clock === systemClock,
    bootId = readBootId(),
    synchronous = 'FULL',
    limits,
    timer = eventLoopTimer,
    sealing = { limits: SEALING_LIMITS },
  }: ServerDependencies,
  stack: CleanupStack,
): Promise<Parts> {
  const storage = planOf(config);
  const failure = new Failure();
  const clockOptions = { bootId, longestRetentionMs: longestRetentionMs(storage) };
  const { dataPath } = config;
  const data = await openData({ dataPath, synchronous, clock, clockOptions, log, failure, stack });
  const { directory, writer, sql, sweeper, life } = data;
  const places = {
    database: directory.database,
    spoolDirectory: directory.spool,
    cacheDirectory: directory.cache,
  };
  const [pins, due, suspects] = [new Pins(), new DueWork(), new Suspects()];
  const meters = new ReplicaMeters(storage.replicas.map(({ name }) => name));
  const onState = (state: ReplicaState): void => tellReplica(log, state);
  const streams = new StreamPool(workerDataOf(storage, places), pins, meters, {
    onAvoided: ({ source, code, message }) =>
      log.warn({ source, code, why: message }, 'a stored file cannot be used: it is taken from elsewhere'),
    onState,
  });
  stack.add(() => streams.close());
  const pool = new ImportPool(places);
  stack.add(() => pool.close());
  const jobs = openStorageWorkers(storage, places, meters, onState);
  stack.add(() => jobs.close());
  const engine = openEngine({
    directory,
    sql,
    writer,
    clock,
    log,
    limits: { ...createIngestLimits(config.ingestBytesMax), ...limits },
    sweeper,
    streams,
    pool,
    archive: jobs,
    meters,
    due,
    suspects,
    storage: { isStoreOnly: isStoreOnly(storage), longestRetentionMs: longestRetentionMs(storage) },
  });
  failure.promise.catch((error: Error) => engine.fail(error.message));
  const reporter = await createReporter(config.sentryDsn, version());
  stack.add(() => reporter.flush());
  failure.promise.catch((error: Error) => reporter.report(error, { thread: 'log writer' }));
  const app = createHttpServer({ engine, log, reporter });
  stack.add(() => app.close());
  const onDead = (): void => sweeper.wake();
  const stored = await startStorage(storage, pins, {
    jobs,
    sealing: { ...sealing, database: directory.database },
    sql,
    writer,
    clock,
    timer,
    meters,
    due,
    suspects,
    believesDates,
    log,
    onDead,
  });
  stack.add(() => stored.stop());
  return { directory, app, engine, life, failed: failure.promise };
}

async function shutDown(
  { engine, life, app }: Parts,
  stack: CleanupStack,
  reason: string,
  log: Logger,
): Promise<void> {
  log.info({ reason }, 'stopping');
  engine.fail('the server is stopping');
  life.endedBy = reason;
  try {
    await closeDoor(app);
  } finally {
    await stack.run();
  }
  log.info('stopped');
}
