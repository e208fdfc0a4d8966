import { dyingKeys } from '../../engine/writer/outbox.ts';
// Not the index: its schemas would take 9 MB of each thread that reads the catalogue.
import { databaseStream } from '../../events/streams.ts';
import { parseChecksum, parseTxid } from '../../ltx/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import type { Sql } from '../../projections/index.ts';
import { payloadsOf, type StoredPayload } from '../../projections/payloads.ts';
import { type StoredFileRow, storedFilesOf } from '../../projections/stored-files.ts';
import type { DatabaseCatalogue, Level, StoredFile } from '../plan/types.ts';
import { objectKey } from './object-key.ts';

/** Where the bytes of a stored file are. */
export type FilePlace =
  | { readonly kind: 'row'; readonly seq: number }
  | { readonly kind: 'spool'; readonly name: string }
  | { readonly kind: 'replica'; readonly replica: string; readonly key: string };

/** What is read to get a file's bytes, and what they must be. */
export interface FileSource {
  readonly place: FilePlace;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** What is stored of a database, and where each file's bytes are. */
export interface LocatedCatalogue {
  readonly catalogue: DatabaseCatalogue;
  /** The source of a file of this very catalogue. */
  sourceOf(file: StoredFile): FileSource;
}

/**
 * The catalogue of the incarnation that lives, read at one instant; null when none does. Files whose deletion
 * has begun are not in it. Level 0 may be long: this is for threads that may take their time.
 */
export function loadCatalogue(sql: Sql, cluster: string, db: string): LocatedCatalogue | null {
  sql.run('BEGIN');
  try {
    const state = loadDatabase(sql, cluster, db);
    return state === null || state.pos === null ? null : read(sql, cluster, db, state.incarnation);
  } finally {
    sql.run('COMMIT');
  }
}

function read(sql: Sql, cluster: string, db: string, incarnation: number): LocatedCatalogue {
  const sources = new Map<StoredFile, FileSource>();
  const local: StoredFile[] = [];
  for (const payload of payloadsOf(sql, databaseStream(cluster, db, incarnation))) {
    const file = fileOf(payload, 0);
    local.push(file);
    sources.set(file, { place: placeOf(payload), sizeBytes: payload.sizeBytes, sha256: payload.sha256 });
  }
  const replicas = new Map<string, StoredFile[]>();
  const dying = dyingKeys(sql, cluster, db);
  for (const row of storedFilesOf(sql, cluster, db, incarnation)) {
    const file = fileOf(row, row.level as Level);
    const key = objectKey(row, file);
    if (dying.has(`${row.replica}:${key}`)) continue;
    const files = replicas.get(row.replica) ?? [];
    if (files.length === 0) replicas.set(row.replica, files);
    files.push(file);
    const place = { kind: 'replica', replica: row.replica, key } as const;
    sources.set(file, { place, sizeBytes: row.sizeBytes, sha256: row.sha256 });
  }
  const sourceOf = (file: StoredFile): FileSource => {
    const source = sources.get(file);
    if (source === undefined) throw new Error('the file is not of this catalogue');
    return source;
  };
  return { catalogue: { cluster, db, incarnation, local, replicas }, sourceOf };
}

const placeOf = ({ seq, place }: StoredPayload): FilePlace =>
  place.kind === 'row' ? { kind: 'row', seq } : place;

function fileOf(
  row: Omit<StoredFileRow, 'cluster' | 'db' | 'incarnation' | 'replica' | 'level'>,
  level: Level,
): StoredFile {
  return {
    level,
    minTxid: hex(parseTxid(row.minTxid)),
    maxTxid: hex(parseTxid(row.maxTxid)),
    pageSize: row.pageSize,
    commit: row.commit,
    preApplyChecksum: hex(parseTxid(row.preApplyChecksum)),
    postApplyChecksum: hex(parseChecksum(row.postApplyChecksum)),
    effectiveTime: row.effectiveTime,
    receivedAt: row.receivedAt,
    sizeBytes: row.sizeBytes,
  };
}

function hex(value: bigint | undefined): bigint {
  if (value === undefined) throw new Error('the catalogue holds what is no number of 16 hex digits');
  return value;
}
