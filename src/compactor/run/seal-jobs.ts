import type { MadeCheckpoint } from '../../log/checkpoint/make.ts';
import type { Archive } from '../../log/seal/archive.ts';
import type { SealingLimits } from '../../log/seal/limits.ts';
import type { SegmentFacts } from '../../log/seal/segment-facts.ts';
import type { BuiltFile } from './tasks.ts';

/** A stretch of the log to be made into a segment for a replica. */
export interface SegmentTask {
  readonly replica: string;
  /** Where the replica's segment before it ends: sequence number and hash. */
  readonly previous: { readonly seq: number; readonly hash: Uint8Array };
  /** Its last event; null: as far as the limits allow. */
  readonly lastSeq: number | null;
  readonly limits: Pick<SealingLimits, 'segmentEventsMax' | 'segmentTextBytesMax'>;
}

/** Work of sealing that is done off the main thread. Failures are `JobError`s. */
export interface SealingJobs extends Archive {
  /** Makes a segment and says what is in it; nothing is stored. */
  cutSegment(task: SegmentTask): Promise<SegmentFacts>;
  /** Makes the same segment, and stores it. */
  putSegment(task: SegmentTask): Promise<BuiltFile>;
  /** Makes a checkpoint in the data directory. */
  makeCheckpoint(): Promise<MadeCheckpoint>;
  /** Stores a checkpoint of the data directory. */
  putCheckpoint(replica: string, seq: number): Promise<BuiltFile>;
}

/** What sealing needs beside what plans are carried out with. */
export interface Sealing {
  readonly jobs: SealingJobs;
  readonly limits: SealingLimits;
  /** Path of the log's database: its checkpoints are beside it. */
  readonly database: string;
}
