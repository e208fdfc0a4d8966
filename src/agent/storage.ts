import type { ClockReading } from '../commands/clock.ts';
import { formatDuration } from '../compactor/plan/durations.ts';
import { type CompactionConfig, SNAPSHOT_LEVEL } from '../compactor/plan/types.ts';
import { Compactor } from '../compactor/run/compactor.ts';
import { DueWork } from '../compactor/run/due-work.ts';
import { FreshFiles, freshDirectory } from '../compactor/run/fresh-files.ts';
import { LocalJobs } from '../compactor/run/local-jobs.ts';
import { databasePrefix } from '../compactor/run/object-key.ts';
import { Pins } from '../compactor/run/pins.ts';
import { ReplicaSet, unknownReplica } from '../compactor/run/replica-set.ts';
import { LocalSealingJobs } from '../compactor/run/seal-local-jobs.ts';
import { Suspects } from '../compactor/run/suspects.ts';
import type { DataDirectory } from '../engine/data-directory.ts';
import type { Sweeper } from '../engine/sweeper.ts';
import type { EngineWriter } from '../engine/writer/client.ts';
import { formatHead } from '../events/index.ts';
import { readHead } from '../log/head.ts';
import type { SqlConnection } from '../log/index.ts';
import { SEALING_LIMITS, type SealingLimits } from '../log/seal/limits.ts';
import type { Logger } from '../logging.ts';
import { payloadBytes } from '../projections/payloads.ts';
import { withFolder } from '../storage/index.ts';
import { EarlierExpiry } from './earlier-expiry.ts';
import { AGENT_CLUSTER } from './names.ts';
import { NewestWatch } from './newest-watch.ts';
import type { AgentDatabase } from './plan.ts';
import { HERE, SpaceWatch, spaceOfFolder } from './space-watch.ts';

/** Files kept for the next level, so that it is built without reading the replica, bytes. */
export const AGENT_FRESH_BYTES_MAX = 64 * 1024 * 1024;

/** The log goes to the replicas too, and leaves the disk of the application behind them early. */
const AGENT_SEALING: SealingLimits = {
  ...SEALING_LIMITS,
  intervalMs: 300_000,
  checkpointEvents: 20_000,
  keptEvents: 20_000,
  keptTextBytes: 16 * 1024 * 1024,
};

export interface AgentStorageOptions {
  readonly plan: AgentDatabase;
  /** Of the database in its log. */
  readonly name: string;
  readonly directory: DataDirectory;
  readonly sql: SqlConnection;
  readonly writer: EngineWriter;
  readonly sweeper: Sweeper;
  readonly clock: () => ClockReading;
  readonly log: Logger;
}

/** Long-term storage of one database, in this thread. */
export interface AgentStorage {
  readonly replicas: ReplicaSet;
  /** Held while something reads what is stored. */
  readonly pins: Pins;
  /** Stored files that are to be looked at again. */
  readonly suspects: Suspects;
  /** What a lost log left on the replicas. */
  readonly earlier: EarlierExpiry;
  /** Room on each replica by its name, and beside the database. */
  readonly room: SpaceWatch;
  /** Begins what is due. */
  tick(): void;
  /** Resolves when all that is under way has ended. */
  settled(): Promise<void>;
  /** Stores all that there is; resolves to the names of the replicas that do not have it. */
  flush(): Promise<string[]>;
  close(): Promise<void>;
}

/** Takes up what was unfinished. Replicas are opened when they are first needed. */
export async function openAgentStorage(options: AgentStorageOptions): Promise<AgentStorage> {
  const { plan, name, directory, sql, writer, sweeper, clock, log } = options;
  const folder = databasePrefix(AGENT_CLUSTER, name);
  const replicas = new ReplicaSet(async (wanted) => {
    const found = plan.replicas.find((replica) => replica.name === wanted);
    if (found === undefined) throw unknownReplica(wanted);
    const onMadeAnew = (): void => {
      log.warn({ path: plan.path, replica: wanted }, 'a replica was emptied: what it lacks is looked for');
      newest.doubt(wanted);
    };
    return withFolder(await found.open(onMadeAnew), folder);
  });
  const logHead = (): string => formatHead(readHead(sql));
  const jobs = new LocalJobs({
    sql,
    spoolDirectory: directory.spool,
    cacheDirectory: directory.cache,
    payloadBytes: (seq) => payloadBytes(sql, seq),
    replicas,
    fresh: new FreshFiles(freshDirectory(directory.cache), AGENT_FRESH_BYTES_MAX),
    logHead,
  });
  const { database, cache: cacheDirectory } = directory;
  const sealing = {
    jobs: new LocalSealingJobs({ sql, database, cacheDirectory, replicas, logHead }),
    limits: AGENT_SEALING,
    database,
  };
  const pins = new Pins();
  const suspects = new Suspects();
  const [first] = plan.replicas;
  const compactor = new Compactor({
    sql,
    writer,
    jobs,
    clock,
    config: first.compaction,
    replicas: plan.replicas.map((replica, at) => ({ ...replica, required: at === 0 })),
    pins,
    due: new DueWork(),
    suspects,
    sealing,
    log,
    onDead: () => sweeper.wake(),
    afterStep: () => {},
    random: Math.random,
  });
  await compactor.start({
    replicas: plan.replicas.map((replica, at) => ({ name: replica.name, required: at === 0 })),
    ...described(first.compaction),
  });
  const earlier = new EarlierExpiry({ plan, name, sql, writer, clock, log });
  const places = plan.replicas.map((replica) => ({
    name: replica.name,
    space: async (signal: AbortSignal) => (await replicas.get(replica.name)).space({ signal }),
  }));
  const here = { name: HERE, space: () => spaceOfFolder(directory.root) };
  const room = new SpaceWatch({ path: plan.path, places: [...places, here], clock, log });
  const newest = new NewestWatch({
    name,
    sql,
    replicas,
    names: plan.replicas.map((replica) => replica.name),
    suspects,
    saysRoom: (replica) => room.of(replica) !== null,
    clock,
    log,
  });
  return {
    replicas,
    pins,
    suspects,
    earlier,
    room,
    tick: () => {
      compactor.tick();
      earlier.tick();
      room.tick();
      newest.tick();
    },
    settled: async () => {
      await compactor.settled();
      await earlier.settled();
      await room.settled();
      await newest.settled();
    },
    flush: () => compactor.flush(),
    close: async () => {
      newest.stop();
      await Promise.all([compactor.stop(), earlier.stop(), room.stop()]);
      await jobs.close();
    },
  };
}

/** Levels as the server's settings spell them, for the record. */
function described({ levels, level0BytesMax }: CompactionConfig) {
  const text = levels.map(({ level, intervalMs, retentionMs }) => {
    const times = `${formatDuration(intervalMs)}:${formatDuration(retentionMs)}`;
    return level === SNAPSHOT_LEVEL ? times : `${level}:${times}`;
  });
  return { levels: text.slice(0, -1).join(','), snapshot: text.at(-1) ?? '', level0BytesMax };
}
