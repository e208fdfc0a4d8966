import type { FileOnReplica } from '../../engine/writer/storage-messages.ts';
import type { PlannedFile } from '../plan/actions.ts';
import type { CompactionConfig } from '../plan/types.ts';
import type { BuildSources } from './build-inputs.ts';
import type { ExpectedFile, FileLook } from './file-look.ts';

/** A file to be made and stored: everything that a thread needs that has no plan. */
export interface BuildTask {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  readonly replica: string;
  readonly key: string;
  readonly output: PlannedFile;
  readonly inputs: BuildSources;
  /** How many files that is. */
  readonly inputCount: number;
  readonly asSnapshot: boolean;
  /** The output has the bytes of its one input. */
  readonly isCopy: boolean;
  readonly reason: string;
}

/** A file that is stored. */
export interface BuiltFile {
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** What to plan: one database on one replica. */
export interface PlanTask {
  readonly cluster: string;
  readonly db: string;
  readonly replica: string;
  readonly replicas: readonly { readonly name: string; readonly required: boolean }[];
  readonly config: CompactionConfig;
  /** Wall clock, ms, and whether it is believed. */
  readonly now: number;
  readonly trusted: boolean;
  /** Whether to look for what has expired too. */
  readonly expire: boolean;
  /** Keys of the name's puts that were begun and have no outcome. */
  readonly unfinished: readonly string[];
  /** Replicas that have failed for long; left out: none. */
  readonly away?: readonly string[];
}

/** A file to be deleted, and why. */
export interface ExpiredFile {
  readonly file: FileOnReplica;
  readonly key: string;
  readonly reason: string;
}

/** What a plan asks of one database on one replica. */
export interface TurnPlan {
  readonly incarnation: number;
  /** Of the stream of what is stored, as the plan knows it. */
  readonly storedVersion: number;
  /** Those of this turn, and how many there are in all. */
  readonly builds: readonly BuildTask[];
  readonly buildsDue: number;
  /** Of the unfinished puts those that the plan asks for, in this turn or a later one. */
  readonly wanted: readonly string[];
  readonly expired: readonly ExpiredFile[];
  readonly deletesDue: number;
  /** Level 0 may go up to this TXID, 16 hex digits; null when nothing of it may. */
  readonly payloadsThrough: string | null;
  /** When there may be something to do next without a new transaction, ms; null: never. */
  readonly nextAt: number | null;
  /** Holes in what the replica has, for the log. */
  readonly gaps: readonly string[];
  /** Nothing that is stored leads to the newest transaction. */
  readonly wholeNeeded: boolean;
}

/** What has become of one key. */
export interface RemovedKey {
  readonly key: string;
  /** Null: there is no such object any more. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** It may be deleted once more, a while later. */
  readonly isUnsettled: boolean;
}

/** Work that is done off the main thread. Failures are `JobError`s. */
export interface StorageJobs {
  /** Null when no incarnation of the name lives. */
  plan(task: PlanTask): Promise<TurnPlan | null>;
  /** Merges, verifies and stores a file. */
  build(task: BuildTask): Promise<BuiltFile>;
  /** Stores a few bytes, as a tombstone. */
  putSmall(replica: string, key: string, text: string): Promise<void>;
  remove(replica: string, keys: readonly string[]): Promise<RemovedKey[]>;
  /** The first keys, at most `limit`, that begin with a prefix. */
  list(replica: string, prefix: string, limit: number): Promise<string[]>;
  /** Looks at a file by itself. */
  look(file: ExpectedFile): Promise<FileLook>;
  /** Removes what puts begun before a time (Unix, ms) and never ended have left behind; returns how many. */
  sweep(replica: string, beforeMs: number): Promise<number>;
  /** Has a replica answer, for the time that its answers tell. */
  ask(replica: string): Promise<void>;
  close(): Promise<void>;
}
