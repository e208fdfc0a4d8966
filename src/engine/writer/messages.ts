import type { ClockReading } from '../../commands/clock.ts';
import type { ImportedFile, ImportPlace } from '../../commands/decide-import.ts';
import type { RestoredFile } from '../../commands/decide-restore.ts';
import type { ReceivedFile } from '../../commands/ingest.ts';
import type { Refusal } from '../../commands/refusal.ts';
import type { Actor } from '../../events/index.ts';
import type { Pos } from '../../ltx/index.ts';
import type { ClockCommands } from './clock.ts';
import type { DamageCommands } from './damage.ts';
import type { SealingCommands } from './sealing-messages.ts';
import type { StorageCommands } from './storage-messages.ts';
import type { SweepResult } from './sweep.ts';
import type { VerifiedCommands } from './verified.ts';
import type { WithholdCommands } from './withhold.ts';

/** What every command of the log's writer carries. */
interface CommandBase {
  readonly actor: Actor;
  /** Both clocks when the command was made. */
  readonly clock: ClockReading;
}

/**
 * The page checksums of a received file: with the command, or staged ahead of it because there are many.
 * `dense` staging holds a whole database in page order, chunk by chunk; `sparse` holds numbers and checksums.
 */
export type PageSums =
  | { readonly kind: 'inline'; readonly numbers: Uint32Array; readonly sums: BigUint64Array }
  | { readonly kind: 'dense' | 'sparse'; readonly generation: number };

/** A whole LTX file has been received: make it the database's next transaction, or say why not. */
export interface IngestCommand extends CommandBase {
  readonly type: 'ingest';
  readonly cluster: string;
  readonly db: string;
  readonly file: ReceivedFile;
  readonly pages: PageSums;
  /** The payload, where it rides in the commit. */
  readonly bytes: Uint8Array | null;
  /** The sender's `Litefs-Cluster-Id`. */
  readonly primary: string | null;
}

export interface IngestAccepted {
  readonly kind: 'accepted';
  readonly how: 'create' | 'append' | 'rebase' | 'duplicate';
  readonly pos: Pos;
  /** The highest TXID that is safe in long-term storage. */
  readonly highWaterMark: bigint;
  /** The id of the primary that sent for this cluster before, when this one is new. */
  readonly formerPrimary: string | null;
}

export interface IngestRefused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
  /** False when the refusal was counted but not recorded, because one like it was a moment ago. */
  readonly recorded: boolean;
  /** True when this refusal took the name out of `/pos`. */
  readonly withheld: boolean;
}

export type IngestResult = IngestAccepted | IngestRefused;

/** A SQLite file has been received whole, and made a transaction: make it the database's next one. */
export interface ImportCommand extends CommandBase {
  readonly type: 'import';
  readonly cluster: string;
  readonly db: string;
  readonly file: ImportedFile;
  readonly pages: PageSums;
  /** The payload, where it rides in the commit. */
  readonly bytes: Uint8Array | null;
}

export type ImportResult =
  | {
      readonly kind: 'accepted';
      /** True for the first transaction of an incarnation. */
      readonly created: boolean;
      readonly pos: Pos;
      readonly journalModeForced: boolean;
    }
  /** The database moved meanwhile: the file has to be made for this place, and the command sent again. */
  | { readonly kind: 'moved'; readonly place: ImportPlace }
  | IngestRefused;

/** A restore was built for a position: append it, if the database is still there. */
export interface RestoreCommand extends CommandBase {
  readonly type: 'restore';
  readonly cluster: string;
  readonly db: string;
  readonly file: RestoredFile;
  /** The file holds all pages of the target, not only those that differ. */
  readonly whole: boolean;
  readonly pages: PageSums;
  /** The payload, where it rides in the commit. */
  readonly bytes: Uint8Array | null;
}

export type RestoreResult =
  | { readonly kind: 'accepted'; readonly pos: Pos }
  /** The database moved meanwhile: the file has to be made for where it is now. */
  | { readonly kind: 'moved' }
  /** The index of page checksums is damaged: only a file of all pages can be verified, and makes it whole again. */
  | { readonly kind: 'unproven' }
  | IngestRefused;

/** A file could not even be read as far as its header. */
export interface RefuseCommand extends CommandBase {
  readonly type: 'refuse';
  readonly cluster: string;
  readonly db: string;
  readonly refusal: Refusal;
}

/** Begins a generation of the content index for a large file that is still being received. */
export interface StageBeginCommand {
  readonly type: 'stage.begin';
}

/** Part of a large file's page checksums: `part` counts from 0; a dense one begins at chunk `firstChunk`. */
export interface StageCommand {
  readonly type: 'stage.dense' | 'stage.sparse';
  readonly generation: number;
  readonly part: number;
  readonly numbers: Uint32Array;
  readonly sums: BigUint64Array;
}

/** The large file was not received to its end. */
export interface StageAbandonCommand {
  readonly type: 'stage.abandon';
  readonly generation: number;
}

/** Ends a database and its backups. */
export interface DeleteCommand extends CommandBase {
  readonly type: 'delete';
  readonly cluster: string;
  readonly db: string;
}

export type DeleteResult =
  | { readonly kind: 'accepted'; readonly pos: Pos | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Deletes some of what is dead. */
export interface SweepCommand {
  readonly type: 'sweep';
}

export interface ServerStartedCommand extends CommandBase {
  readonly type: 'server.started';
  readonly version: string;
  readonly node: string;
  readonly dataDirectory: string;
}

export interface ServerStoppedCommand extends CommandBase {
  readonly type: 'server.stopped';
  readonly reason: string;
}

/** Every command of the log's writer, and what it answers. */
export interface WriterCommands
  extends VerifiedCommands,
    WithholdCommands,
    DamageCommands,
    StorageCommands,
    SealingCommands,
    ClockCommands {
  ingest: { command: IngestCommand; result: IngestResult };
  import: { command: ImportCommand; result: ImportResult };
  restore: { command: RestoreCommand; result: RestoreResult };
  refuse: { command: RefuseCommand; result: IngestRefused };
  'stage.begin': { command: StageBeginCommand; result: { generation: number } };
  'stage.dense': { command: StageCommand; result: null };
  'stage.sparse': { command: StageCommand; result: null };
  'stage.abandon': { command: StageAbandonCommand; result: null };
  delete: { command: DeleteCommand; result: DeleteResult };
  sweep: { command: SweepCommand; result: SweepResult };
  'server.started': { command: ServerStartedCommand; result: null };
  'server.stopped': { command: ServerStoppedCommand; result: null };
}
