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

export const databaseCreated = z.strictObject({
  cluster: clusterName,
  db: databaseName,
  incarnation: ordinal,
  pageSize,
});

/** The incarnation ends: the name has no position any more, and its backups go. */
export const databaseDeleted = z.strictObject({
  cluster: clusterName,
  db: databaseName,
  incarnation: ordinal,
  txid: hex16,
  checksum: hex16,
});

/** Where the bytes of a level-0 file are: in a row that the same commit wrote, or in a file of `spool/`. */
const payload = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('row') }),
  z.strictObject({
    kind: z.literal('spool'),
    name: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.~-]{0,254}$/),
  }),
]);

/**
 * A transaction, as its LTX file says and as it is stored. `timestamp` is the file's own, `effectiveTime`
 * what restores go by. `sizeBytes`, `sha256` and `fileChecksum` are of the payload as stored.
 * `journalMode` is null when page 1 is not in the file.
 */
export const transaction = z.strictObject({
  cluster: clusterName,
  db: databaseName,
  minTxid: hex16,
  maxTxid: hex16,
  pageSize,
  commit: pageCount,
  pages: pageCount,
  preApplyChecksum: hex16,
  postApplyChecksum: hex16,
  timestamp: milliseconds,
  effectiveTime: milliseconds,
  sizeBytes,
  sha256: hex64,
  fileChecksum: hex16,
  payload,
  journalMode: z.enum(['wal', 'rollback']).nullable(),
  nodeId: hex16,
});

/**
 * A SQLite file that was uploaded, as the transaction that it became: `source` is the file as it was received.
 * `journalModeForced`: bytes 18 and 19 of page 1 were set to WAL, because the database is in that mode.
 */
export const transactionImported = z.strictObject({
  ...transaction.shape,
  source: z.strictObject({ sizeBytes, sha256: hex64 }),
  journalModeForced: z.boolean(),
});

const position = z.strictObject({ txid: hex16, checksum: hex16 });

/**
 * A database set back to one of its points, as the transaction that did it. `target` is that point and its
 * effective time. `journalModeForced`: bytes 18 and 19 of page 1 were set to WAL, because the database is in
 * that mode; the content is then the target's but for them.
 */
export const transactionRestored = z.strictObject({
  ...transaction.shape,
  target: z.strictObject({ ...position.shape, timestamp: milliseconds }),
  journalModeForced: z.boolean(),
});

/** `suppressed`: refusals of this name and code that were left out since the last one recorded. */
export const ingestRefused = z.strictObject({
  cluster: clusterName,
  db: databaseName,
  code: errorCode,
  message: text,
  minTxid: hex16.nullable(),
  maxTxid: hex16.nullable(),
  position: position.nullable(),
  suppressed: count,
});

/**
 * The name is left out of `/pos` from here on: its files have failed since `failingSince`. With `untilWhole` what is
 * stored leads nowhere, and only a whole database ends it; else the next transaction does.
 */
export const positionWithheld = z.strictObject({
  cluster: clusterName,
  db: databaseName,
  txid: hex16,
  checksum: hex16,
  failingSince: milliseconds,
  untilWhole: z.boolean(),
});

/**
 * Another LiteFS data directory sends for this cluster: its `Litefs-Cluster-Id`, before and now. `previous` is
 * null for the first one.
 */
export const primaryChanged = z.strictObject({
  cluster: clusterName,
  previous: text.nullable(),
  current: text,
});
