import { join, resolve } from 'node:path';
import type { ClockReading } from '../../commands/clock.ts';
import type { ServerConfig, StorageConfig } from '../../config/index.ts';
import { STORE_ONLY } from '../../engine/warnings.ts';
import type { EngineWriter } from '../../engine/writer/client.ts';
import { LfsbError } from '../../errors/index.ts';
import type { Logger } from '../../logging.ts';
import type { Sql } from '../../projections/index.ts';
import { DEFAULT_LEVELS, DEFAULT_SNAPSHOT, monitoringLine, parseCompaction } from '../plan/index.ts';
import type { CompactionConfig } from '../plan/types.ts';
import { ClockWatch } from './clock-watch.ts';
import { Compactor } from './compactor.ts';
import type { ConfiguredReplica } from './context.ts';
import type { DueWork } from './due-work.ts';
import { Leftovers } from './leftovers.ts';
import type { ReplicaState, StorageWorkerData } from './messages.ts';
import type { ReplicaMeters } from './meters.ts';
import type { Pins } from './pins.ts';
import { namedReplicas, STORE_NAME } from './replica-names.ts';
import type { Sealing } from './seal-jobs.ts';
import type { Suspects } from './suspects.ts';
import type { Timer } from './timer.ts';
import { StorageWorkers } from './worker-pool.ts';

/** How often something due is looked for, ms: a look costs two small queries. */
export const TICK_MS = 1_000;

/** Long-term storage as it will run: checked, and nothing begun. */
export interface StoragePlan {
  readonly config: StorageConfig;
  readonly compaction: CompactionConfig;
  readonly replicas: readonly ConfiguredReplica[];
}

/** How a server stores. @throws LfsbError `ECONFIG` as `planStorage` does */
export const planOf = ({ storage, dataPath }: ServerConfig): StoragePlan =>
  planStorage(storage, join(resolve(dataPath), 'store'));

/** @throws LfsbError `ECONFIG` for a replica or a level that cannot be */
export function planStorage(config: StorageConfig, storeDirectory: string): StoragePlan {
  const compaction = placed(config, ['LFSB_LEVELS', 'LFSB_SNAPSHOT'], () =>
    parseCompaction(config.levels, config.snapshot, config.level0BytesMax),
  );
  const named = placed(config, ['LFSB_REPLICAS'], () => namedReplicas(config.replicas, storeDirectory));
  const { required } = config;
  const replicas =
    required === undefined
      ? named
      : named.map((replica) => ({ ...replica, required: required.includes(replica.url) }));
  return { config, compaction, replicas };
}

/** What is wrong with what a file says is told with its place in the file. */
function placed<T>({ places }: StorageConfig, variables: readonly string[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    const found = variables.flatMap((name) => places?.get(name) ?? []);
    if (!(error instanceof LfsbError) || found.length === 0) throw error;
    throw new LfsbError(error.code, `${found.join('')}${error.message}`, { cause: error });
  }
}

/** The longest that any point is promised, ms. */
export const longestRetentionMs = ({ compaction }: StoragePlan): number =>
  Math.max(...compaction.levels.map(({ retentionMs }) => retentionMs));

/** No replica is configured: backups are in the data directory alone. */
export const isStoreOnly = ({ replicas }: StoragePlan): boolean =>
  replicas.some(({ name }) => name === STORE_NAME);

type Places = Pick<StorageWorkerData, 'database' | 'spoolDirectory' | 'cacheDirectory'>;

export interface StorageDependencies {
  readonly jobs: StorageWorkers;
  readonly sealing: Omit<Sealing, 'jobs'>;
  readonly sql: Sql;
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly timer: Timer;
  readonly meters: ReplicaMeters;
  readonly due: DueWork;
  readonly suspects: Suspects;
  /** Whether what replicas say of the time is about this clock. */
  readonly believesDates: boolean;
  readonly log: Logger;
  /** Something is dead in the data directory. */
  readonly onDead: () => void;
}

/** Long-term storage, running. */
export interface LongTermStorage {
  readonly compactor: Compactor;
  /** Begins nothing more, waits a while for what is under way, and abandons it then. */
  stop(): Promise<void>;
}

/** What a thread that opens replicas is started with. */
export const workerDataOf = ({ config, replicas }: StoragePlan, places: Places): StorageWorkerData => ({
  ...places,
  replicas: replicas.map(({ name, url }) => ({ name, url })),
  s3: config.s3,
  sftp: config.sftp,
  bandwidth: config.bandwidth,
});

/** The threads that speak to replicas; each is started when it is first needed. */
export const openStorageWorkers = (
  plan: StoragePlan,
  places: Places,
  meters: ReplicaMeters,
  onState: (state: ReplicaState) => void,
): StorageWorkers => new StorageWorkers(workerDataOf(plan, places), meters, onState);

/** Starts to carry plans out: takes up what was unfinished, and looks for what is due from now on. */
export async function startStorage(
  plan: StoragePlan,
  pins: Pins,
  { jobs, sealing, timer, meters, believesDates, ...dependencies }: StorageDependencies,
): Promise<LongTermStorage> {
  const { config, compaction, replicas } = plan;
  const compactor = new Compactor({
    ...dependencies,
    jobs,
    config: compaction,
    replicas,
    pins,
    sealing: { ...sealing, jobs },
    afterStep: () => {},
    random: Math.random,
  });
  announce(plan, dependencies.log);
  await compactor.start({
    replicas: replicas.map(({ name, required }) => ({ name, required })),
    levels: config.levels ?? DEFAULT_LEVELS,
    snapshot: config.snapshot ?? DEFAULT_SNAPSHOT,
    level0BytesMax: compaction.level0BytesMax,
  });
  const watched = { ...dependencies, jobs, replicas, timer };
  const leftovers = new Leftovers(watched);
  const clockWatch = new ClockWatch({ ...watched, meters, believesDates });
  const cancel = timer.every(TICK_MS, () => compactor.tick());
  const stop = async (): Promise<void> => {
    cancel();
    leftovers.stop();
    clockWatch.stop();
    await compactor.stop();
    await jobs.close();
  };
  return { compactor, stop };
}

function announce(plan: StoragePlan, log: Logger): void {
  const { compaction, replicas } = plan;
  for (const level of compaction.levels) log.info(monitoringLine(level));
  for (const { name, url, required } of replicas)
    log.info({ replica: name, url, required }, 'replica configured');
  if (isStoreOnly(plan)) log.warn(STORE_ONLY);
}
