import { z } from 'zod';
import {
  clusterName,
  count,
  databaseName,
  errorCode,
  hex16,
  hex64,
  milliseconds,
  ordinal,
  pageCount,
  pageSize,
  sizeBytes,
  text,
} from './fields.ts';
import { REPLICA_NAME_CHARS_MAX } from './limits.ts';

/** What a replica is called: its URL as configured, or `store` for the one in the data directory. */
export const replicaName = z.string().min(1).max(REPLICA_NAME_CHARS_MAX);

const incarnation = { cluster: clusterName, db: databaseName, incarnation: ordinal };

/** Levels 1 to 3, and 9 for snapshots. */
const level = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(9)]);
const fileName = { level, minTxid: hex16, maxTxid: hex16 };

/** Where transactions go from here on and how they are kept: `levels` and `snapshot` as the variables spell it. */
export const storageConfigured = z.strictObject({
  replicas: z.array(z.strictObject({ name: replicaName, required: z.boolean() })),
  levels: text,
  snapshot: text,
  level0BytesMax: count,
});

/**
 * A file is on a replica. `effectiveTime` and `receivedAt` are those of its last transaction, `inputs` counts
 * the files it was made of.
 */
export const fileStored = z.strictObject({
  ...incarnation,
  replica: replicaName,
  ...fileName,
  pageSize,
  commit: pageCount,
  preApplyChecksum: hex16,
  postApplyChecksum: hex16,
  effectiveTime: milliseconds,
  receivedAt: milliseconds,
  sizeBytes,
  sha256: hex64,
  inputs: count,
});

/** A file is gone from a replica, because no promised point needs it any more. */
export const fileExpired = z.strictObject({
  ...incarnation,
  replica: replicaName,
  ...fileName,
  reason: text,
});

/**
 * A file that is on record is not what was stored: a second look found nothing, or other bytes. From here on nothing is
 * made of it, until it is stored again or expires. `found` is null where there is no such object.
 */
export const fileDamaged = z.strictObject({
  ...incarnation,
  replica: replicaName,
  ...fileName,
  found: z.strictObject({ sizeBytes, sha256: hex64 }).nullable(),
});

/** A file that was missing or damaged is there again as it was stored. */
export const fileFound = z.strictObject({ ...incarnation, replica: replicaName, ...fileName });

/** Single transactions, the oldest `count` of them, have left level 0. */
export const payloadsExpired = z.strictObject({
  ...incarnation,
  throughTxid: hex16,
  count,
  bytes: sizeBytes,
});

/** A replica does not take or give files from here on; it is tried again. */
export const replicaFailed = z.strictObject({ replica: replicaName, code: errorCode, message: text });

export const replicaRecovered = z.strictObject({ replica: replicaName, failedSince: milliseconds });

/** A replica has nothing of a deleted database any more; `objects` counts those that were deleted in the end. */
export const databasePurged = z.strictObject({ ...incarnation, replica: replicaName, objects: count });

/** Files that one drill names: the largest it has read. */
export const DRILL_FILES_NAMED_MAX = 64;

/**
 * A restore drill: points of a database were built from what is stored, and held to their checksums. `txid` and
 * `timestamp` are of the newest of them; each counts once for each of `replicas`, none of which is there when the data
 * directory was all there was to read. `failure` is the first that was found, `largest` names files that were right.
 */
export const databaseVerified = z.strictObject({
  ...incarnation,
  outcome: z.enum(['passed', 'failed']),
  points: count,
  failed: count,
  txid: hex16,
  timestamp: milliseconds,
  replicas: z.array(replicaName),
  files: count,
  bytes: sizeBytes,
  durationMs: count,
  failure: z
    .strictObject({
      replica: replicaName.nullable(),
      txid: hex16,
      code: errorCode,
      message: text,
      file: z.strictObject(fileName).nullable(),
    })
    .nullable(),
  largest: z.array(z.strictObject({ replica: replicaName, ...fileName })).max(DRILL_FILES_NAMED_MAX),
});
