import { z } from 'zod';
import { hex64, milliseconds, ordinal, sizeBytes } from './fields.ts';
import { replicaName } from './storage.ts';

/**
 * A stretch of the log is on a replica, as one segment: `previousHash` and `hash` are the log's before its first
 * event and at its last, `timeMin` and `timeMax` the least and greatest time in it. `sizeBytes` and `sha256` are of
 * the object.
 */
export const logSealed = z.strictObject({
  replica: replicaName,
  firstSeq: ordinal,
  lastSeq: ordinal,
  previousHash: hex64,
  hash: hex64,
  timeMin: milliseconds,
  timeMax: milliseconds,
  textBytes: sizeBytes,
  sizeBytes,
  sha256: hex64,
});

/** A checkpoint of the projections, as they follow from the events up to `seq`, is on a replica. */
export const checkpointStored = z.strictObject({
  replica: replicaName,
  seq: ordinal,
  hash: hex64,
  sizeBytes,
  sha256: hex64,
});

/** A checkpoint is gone from a replica, because newer ones are there. */
export const checkpointExpired = z.strictObject({ replica: replicaName, seq: ordinal });
