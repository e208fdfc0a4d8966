import type { ClockReading } from '../../commands/clock.ts';
import type { SegmentFacts } from '../../log/seal/segment-facts.ts';

interface Timed {
  /** Both clocks when the command was made. */
  readonly clock: ClockReading;
}

/** An object of the log is about to be put: a segment, or the checkpoint at `lastSeq`. */
export interface SealBeginCommand extends Timed {
  readonly type: 'seal.begin';
  readonly replica: string;
  readonly kind: 'segment' | 'checkpoint';
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** An object as it is stored; `sha256` is 64 hex digits. */
interface Stored extends Timed {
  readonly replica: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A segment is on a replica. */
export interface SealStoredCommand extends Stored {
  readonly type: 'seal.stored';
  readonly facts: SegmentFacts;
}

/** A checkpoint is on a replica: older ones there begin to go. */
export interface CheckpointStoredCommand extends Stored {
  readonly type: 'checkpoint.stored';
  readonly seq: number;
}

/** Checkpoints are gone from a replica. */
export interface CheckpointExpiredCommand extends Timed {
  readonly type: 'checkpoint.expired';
  readonly replica: string;
  readonly seqs: readonly number[];
}

/** A checkpoint is in the data directory. */
export interface CheckpointMadeCommand extends Timed {
  readonly type: 'checkpoint.made';
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** Which checkpoints are in the data directory: others are no longer counted on. */
export interface CheckpointPresentCommand {
  readonly type: 'checkpoint.present';
  readonly seqs: readonly number[];
}

/** Some events leave the data directory, up to `through`. */
export interface LogTrimCommand {
  readonly type: 'log.trim';
  readonly through: number;
}

export interface SealingCommands {
  /** False: the replica is not configured, or something else is being put there. */
  'seal.begin': { command: SealBeginCommand; result: { readonly begun: boolean } };
  'seal.stored': { command: SealStoredCommand; result: null };
  'checkpoint.stored': { command: CheckpointStoredCommand; result: null };
  'checkpoint.expired': { command: CheckpointExpiredCommand; result: null };
  'checkpoint.made': { command: CheckpointMadeCommand; result: null };
  'checkpoint.present': { command: CheckpointPresentCommand; result: null };
  'log.trim': { command: LogTrimCommand; result: { readonly more: boolean } };
}
