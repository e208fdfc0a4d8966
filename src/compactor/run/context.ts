import type { ClockReading } from '../../commands/clock.ts';
import type { EngineWriter } from '../../engine/writer/client.ts';
import type { Logger } from '../../logging.ts';
import type { Sql } from '../../projections/index.ts';
import type { CompactionConfig } from '../plan/types.ts';
import type { DueWork } from './due-work.ts';
import type { Pins } from './pins.ts';
import type { Sealing } from './seal-jobs.ts';
import type { Suspects } from './suspects.ts';
import type { StorageJobs } from './tasks.ts';

/** A replica as it is configured. */
export interface ConfiguredReplica {
  readonly name: string;
  readonly url: string;
  readonly required: boolean;
  /** How its files are kept, where that is not as all others'. */
  readonly compaction?: CompactionConfig | undefined;
}

/** One database on one replica. */
export interface TurnName {
  readonly cluster: string;
  readonly db: string;
  readonly replica: string;
}

/** Called between two steps with the name of the one that is done: tests stop there, as a crash would. */
export type AfterStep = (step: string) => void;

/** What carrying plans out needs. */
export interface RunContext {
  /** The log's connection that only reads. */
  readonly sql: Sql;
  readonly writer: EngineWriter;
  readonly jobs: StorageJobs;
  readonly clock: () => ClockReading;
  readonly config: CompactionConfig;
  readonly replicas: readonly ConfiguredReplica[];
  readonly pins: Pins;
  /** Where what is due is counted. */
  readonly due: DueWork;
  /** Files that are to be looked at again. */
  readonly suspects: Suspects;
  /** Brings the log to the replicas too; left out, it stays in the data directory. */
  readonly sealing?: Sealing | undefined;
  readonly log: Logger;
  /** Something is dead in the data directory. */
  readonly onDead: () => void;
  readonly afterStep: AfterStep;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** How the files of a replica are kept. */
export const compactionOf = ({ config, replicas }: RunContext, replica: string): CompactionConfig =>
  replicas.find(({ name }) => name === replica)?.compaction ?? config;
