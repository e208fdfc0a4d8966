import type { ClockReading } from '../../commands/clock.ts';
import type { EventBody } from '../../events/index.ts';
import type { ClockState } from './clock-guard.ts';
import type { PurgeStep } from './outbox.ts';

interface Timed {
  /** Both clocks when the command was made. */
  readonly clock: ClockReading;
}

/** Which file on which replica. TXIDs are 16 hex digits. */
export interface FileOnReplica {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  readonly replica: string;
  readonly level: 1 | 2 | 3 | 9;
  readonly minTxid: string;
  readonly maxTxid: string;
}

/** The server starts with this configuration; what is unfinished in the outbox had no known outcome. */
export interface StorageConfigureCommand extends Timed {
  readonly type: 'storage.configure';
  readonly configuration: EventBody<'storage.configured'>;
}

/** Has the clocks compared before a plan is made: a jump makes the plan a careful one. */
export interface StorageClockCommand extends Timed {
  readonly type: 'storage.clock';
}

/** A file is about to be stored. */
export interface StorageBeginCommand extends Timed {
  readonly type: 'storage.begin';
  readonly file: FileOnReplica;
  readonly key: string;
  readonly reason: string;
}

/** A file is stored. */
export interface StorageStoredCommand extends Timed {
  readonly type: 'storage.stored';
  readonly key: string;
  readonly body: EventBody<'file.stored'>;
}

/** Attempts on these keys ended without a known outcome. */
export interface StorageFailedCommand extends Timed {
  readonly type: 'storage.failed';
  readonly replica: string;
  readonly keys: readonly string[];
}

/** The state of a replica changed, going by the last attempt. */
export interface StorageReplicaCommand extends Timed {
  readonly type: 'storage.replica';
  readonly replica: string;
  /** Null: it is well again. */
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** Files that nothing needs any more: their deletion begins. */
export interface StorageExpireCommand extends Timed {
  readonly type: 'storage.expire';
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  /** Version of the stream of what is stored that the plan was made with. */
  readonly storedVersion: number;
  readonly files: readonly { readonly file: FileOnReplica; readonly key: string; readonly reason: string }[];
  /** Level 0 up to this TXID; null: nothing of it. */
  readonly payloadsThrough: string | null;
}

/** Objects are gone from a replica. */
export interface StorageDeletedCommand extends Timed {
  readonly type: 'storage.deleted';
  readonly replica: string;
  readonly keys: readonly string[];
}

/** Looks through the unfinished puts of a name for what has to be undone. */
export interface StorageReviewCommand extends Timed {
  readonly type: 'storage.review';
  readonly replica: string;
  readonly cluster: string;
  readonly db: string;
  /** Keys that the newest plan asks for. */
  readonly wanted: readonly string[];
}

/** A purge has come further. */
export interface StoragePurgeCommand extends Timed {
  readonly type: 'storage.purge';
  readonly replica: string;
  /** Of the tombstone. */
  readonly key: string;
  readonly step: PurgeStep | 'done';
  /** Objects deleted by the step. */
  readonly objects: number;
}

export interface StorageCommands {
  'storage.configure': { command: StorageConfigureCommand; result: null };
  'storage.clock': { command: StorageClockCommand; result: ClockState };
  /** False: its database is deleted, or one of its name still is being deleted there. */
  'storage.begin': { command: StorageBeginCommand; result: { readonly begun: boolean } };
  /** False: its database was deleted meanwhile. */
  'storage.stored': { command: StorageStoredCommand; result: { readonly recorded: boolean } };
  'storage.failed': { command: StorageFailedCommand; result: null };
  /** Whether that was a change. */
  'storage.replica': { command: StorageReplicaCommand; result: { readonly changed: boolean } };
  /** Nothing expires while the clock is not trusted, of a deleted database, or by a plan that is not the newest. */
  'storage.expire': {
    command: StorageExpireCommand;
    result: { readonly outcome: 'begun' | 'held' | 'stale' };
  };
  'storage.deleted': { command: StorageDeletedCommand; result: null };
  'storage.review': { command: StorageReviewCommand; result: null };
  'storage.purge': { command: StoragePurgeCommand; result: null };
}
