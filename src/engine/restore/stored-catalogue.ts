import type { DatabaseState } from '../../commands/database-state.ts';
import { type DatabaseCatalogue, LEVELS, type StoredFile } from '../../compactor/plan/index.ts';
import { damagedKeys } from '../../compactor/run/damaged-keys.ts';
import { objectKey } from '../../compactor/run/object-key.ts';
import { parseTxid } from '../../ltx/index.ts';
import type { Sql } from '../../projections/index.ts';
import type { LocalPoint } from '../../projections/local-points.ts';
import { type StoredFileRow, storedFilesOf } from '../../projections/stored-files.ts';
import { dyingKeys } from '../writer/outbox.ts';

/** The files of level 1 and above that replicas hold of a database; level 0 is left out, it may be long. */
export function storedCatalogue(sql: Sql, { cluster, db, incarnation }: DatabaseState): DatabaseCatalogue {
  const replicas = new Map<string, StoredFile[]>();
  const dying = dyingKeys(sql, cluster, db);
  const damaged = damagedKeys(sql, { cluster, db, incarnation });
  for (const row of storedFilesOf(sql, cluster, db, incarnation)) {
    const key = `${row.replica}:${objectKey(row, fileOf(row))}`;
    // Its deletion has begun, and it may be gone by the time it is read; or it is known to be gone.
    if (dying.has(key) || damaged.has(key)) continue;
    const files = replicas.get(row.replica);
    if (files === undefined) replicas.set(row.replica, [fileOf(row)]);
    else files.push(fileOf(row));
  }
  return { cluster, db, incarnation, local: [], replicas };
}

function fileOf(row: StoredFileRow): StoredFile {
  const { pageSize, commit, effectiveTime, receivedAt, sizeBytes } = row;
  return {
    level: levelOf(row.level),
    minTxid: hex(row.minTxid),
    maxTxid: hex(row.maxTxid),
    pageSize,
    commit,
    preApplyChecksum: hex(row.preApplyChecksum),
    postApplyChecksum: hex(row.postApplyChecksum),
    effectiveTime,
    receivedAt,
    sizeBytes,
  };
}

/** A file of level 0 as plans know it. What a plan for one restore does not look at is left empty. */
export const localFile = (point: LocalPoint): StoredFile => ({
  level: 0,
  minTxid: point.minTxid,
  maxTxid: point.txid,
  pageSize: point.pageSize,
  commit: point.commit,
  preApplyChecksum: point.preApplyChecksum,
  postApplyChecksum: point.checksum,
  effectiveTime: point.effectiveTime,
  receivedAt: point.effectiveTime,
  sizeBytes: 0,
});

function levelOf(level: number): StoredFile['level'] {
  const known = LEVELS.find((each) => each === level);
  if (known === undefined) throw new RangeError(`there is no level ${level}`);
  return known;
}

const hex = (text: string): bigint => parseTxid(text) ?? 0n;
