/** How often the log goes to a replica at most, ms, unless more waits than one segment holds. */
export const SEAL_INTERVAL_MS = 60_000;

/** Events of one segment. */
export const SEGMENT_EVENTS_MAX = 16_384;

/** What the texts of one segment take, bytes; one event alone may take more. */
export const SEGMENT_TEXT_BYTES_MAX = 8 * 1024 ** 2;

/** Segments that one look puts to a replica that is behind, before others have their turn. */
export const SEGMENTS_PER_TURN_MAX = 16;

/** A checkpoint is made a day after the one before, or after so many events, or so many bytes of text. */
export const CHECKPOINT_INTERVAL_MS = 86_400_000;
export const CHECKPOINT_EVENTS = 100_000;
export const CHECKPOINT_TEXT_BYTES = 64 * 1024 ** 2;

/** Checkpoints that a replica keeps: the newest, and one more should it prove to be damaged. */
export const CHECKPOINTS_KEPT = 2;

/** Events that stay in the data directory, and what their texts take at most, bytes. */
export const KEPT_EVENTS = 100_000;
export const KEPT_TEXT_BYTES = 128 * 1024 ** 2;

/** Events that leave in one transaction: about 5 ms of the log's writer. */
export const TRIM_EVENTS_MAX = 200;

/** The limits above, which a test may set lower. */
export interface SealingLimits {
  readonly intervalMs: number;
  readonly segmentEventsMax: number;
  readonly segmentTextBytesMax: number;
  readonly checkpointIntervalMs: number;
  readonly checkpointEvents: number;
  readonly checkpointTextBytes: number;
  readonly keptEvents: number;
  readonly keptTextBytes: number;
}

export const SEALING_LIMITS: SealingLimits = {
  intervalMs: SEAL_INTERVAL_MS,
  segmentEventsMax: SEGMENT_EVENTS_MAX,
  segmentTextBytesMax: SEGMENT_TEXT_BYTES_MAX,
  checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
  checkpointEvents: CHECKPOINT_EVENTS,
  checkpointTextBytes: CHECKPOINT_TEXT_BYTES,
  keptEvents: KEPT_EVENTS,
  keptTextBytes: KEPT_TEXT_BYTES,
};
