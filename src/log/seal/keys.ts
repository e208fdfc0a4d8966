/** What the keys of all segments on a replica begin with. Format. */
export const SEGMENT_PREFIX = '.lfsb/log/';

/** What the keys of all checkpoints on a replica begin with. Format. */
export const CHECKPOINT_PREFIX = '.lfsb/checkpoint/';

/** A sequence number as it is in keys: 16 hex digits, so that they sort as numbers do. */
export const formatSeq = (seq: number): string => seq.toString(16).padStart(16, '0');

/** Key of a segment: `.lfsb/log/{first16}-{last16}.ndjson.gz`. Format. */
export const segmentKey = (firstSeq: number, lastSeq: number): string =>
  `${SEGMENT_PREFIX}${formatSeq(firstSeq)}-${formatSeq(lastSeq)}.ndjson.gz`;

/** Key of the checkpoint that follows from the events up to `seq`: `.lfsb/checkpoint/{seq16}.db.gz`. Format. */
export const checkpointKey = (seq: number): string => `${CHECKPOINT_PREFIX}${formatSeq(seq)}.db.gz`;
