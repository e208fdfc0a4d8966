import { dyingKeys } from '../../engine/writer/outbox.ts';
import { LfsbError } from '../../errors/index.ts';
// Not the index: its schemas would take 9 MB of each thread that reads the catalogue.
import { databaseStream, storageStream } from '../../events/streams.ts';
import { streamVersion } from '../../log/stream-version.ts';
import { parseChecksum, parseTxid } from '../../ltx/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import type { Sql } from '../../projections/index.ts';
import { localFilesOf } from '../../projections/local-files.ts';
import { LocalPoints } from '../../projections/local-points.ts';
import { payloadAt, type StoredPayload } from '../../projections/payloads.ts';
import { type StoredFileRow, storedFilesOf } from '../../projections/stored-files.ts';
import { level0NeededFrom, type OmittedLevel0 } from '../plan/level0-part.ts';
import type { DatabaseCatalogue, Level, StoredFile } from '../plan/types.ts';
import { damagedKeys } from './damaged-keys.ts';
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

/** A file of level 0 as catalogues hold it: there may be very many, and their sources are looked up when read. */
interface LocalFile extends StoredFile {
  /** Sequence number of the event that names it. */
  readonly seq: number;
}

/** What is stored of a database, and where each file's bytes are. */
export interface LocatedCatalogue {
  readonly catalogue: DatabaseCatalogue;
  /** Version of the stream of what is stored of the database. */
  readonly storedVersion: number;
  /**
   * The source of a file of this very catalogue.
   * @throws LfsbError `ECORRUPT` for a transaction that is not there any more
   */
  sourceOf(file: StoredFile): FileSource;
  /** Sequence number of the event of a file of level 0 of this very catalogue. */
  seqOf(file: StoredFile): number;
  /** What the catalogue leaves out of level 0. */
  readonly omitted: OmittedLevel0 | null;
}

/** Which part of level 0 a catalogue has: the first transactions, and those that some replicas do not have yet. */
export interface Level0Part {
  /** How many of the first. */
  readonly first: number;
  readonly replicas: readonly string[];
}

/**
 * The catalogue of the incarnation that lives, read at one instant; null when none does. Files whose deletion
 * has begun are not in it. Level 0 may be long: this is for threads that may take their time.
 */
export function loadCatalogue(
  sql: Sql,
  cluster: string,
  db: string,
  part: Level0Part | null = null,
): LocatedCatalogue | null {
  sql.run('BEGIN');
  try {
    const state = loadDatabase(sql, cluster, db);
    if (state === null || state.pos === null) return null;
    const { incarnation } = state;
    const { replicas, damaged, sources } = readReplicas(sql, { cluster, db, incarnation });
    const stream = databaseStream(cluster, db, incarnation);
    const from = part === null ? 0n : neededFrom(sql, stream, { replicas, damaged }, part);
    const { local, omitted } = readLocal(sql, stream, part?.first ?? 0, from);
    const sourceOf = (file: StoredFile): FileSource =>
      file.level === 0 ? sourceOfPayload(sql, seqOf(file)) : known(sources.get(file));
    const storedVersion = streamVersion(sql, storageStream(cluster, db, incarnation));
    const catalogue = { cluster, db, incarnation, local, replicas, damaged };
    return { catalogue, storedVersion, sourceOf, seqOf, omitted };
  } finally {
    sql.run('COMMIT');
  }
}

/** What is damaged and begins in level 0 may be made anew of it. */
function neededFrom(
  sql: Sql,
  stream: string,
  { replicas, damaged }: Pick<DatabaseCatalogue, 'replicas' | 'damaged'>,
  part: Level0Part,
): bigint {
  const needed = level0NeededFrom({ replicas }, part.replicas);
  const lost = [...(damaged?.values() ?? [])].flat();
  const first = lost.length === 0 ? null : new LocalPoints(sql, stream).first();
  if (first === null) return needed;
  const starts = lost.map(({ minTxid }) => minTxid).filter((minTxid) => minTxid >= first.minTxid);
  return starts.reduce((lowest, each) => (each < lowest ? each : lowest), needed);
}

/** @param from what ends here or later is read, and the `first` before it; 0: all */
function readLocal(
  sql: Sql,
  stream: string,
  first: number,
  from: bigint,
): { local: LocalFile[]; omitted: OmittedLevel0 | null } {
  const local: LocalFile[] = [];
  const read = (after: number, most = Number.POSITIVE_INFINITY): void => {
    for (const row of localFilesOf(sql, stream, after, most)) local.push({ seq: row.seq, ...fileOf(row, 0) });
  };
  if (from > 0n) read(0, first);
  const end = local.at(-1);
  const points = new LocalPoints(sql, stream);
  const oldest = from === 0n ? null : points.first(end === undefined ? 0 : end.seq + 1);
  const last = oldest === null ? null : points.lastWhere(oldest, ({ txid }) => txid < from);
  read(last?.seq ?? end?.seq ?? 0);
  return { local, omitted: last === null ? null : { after: end?.maxTxid ?? 0n, before: from } };
}

function readReplicas(
  sql: Sql,
  name: { readonly cluster: string; readonly db: string; readonly incarnation: number },
): {
  replicas: Map<string, StoredFile[]>;
  damaged: Map<string, StoredFile[]>;
  sources: Map<StoredFile, FileSource>;
} {
  const sources = new Map<StoredFile, FileSource>();
  const [replicas, damaged] = [new Map<string, StoredFile[]>(), new Map<string, StoredFile[]>()];
  const lost = damagedKeys(sql, name);
  const dying = dyingKeys(sql, name.cluster, name.db);
  for (const row of storedFilesOf(sql, name.cluster, name.db, name.incarnation)) {
    const file = fileOf(row, row.level as Level);
    const key = objectKey(row, file);
    if (dying.has(`${row.replica}:${key}`)) continue;
    const found = lost.has(`${row.replica}:${key}`) ? damaged : replicas;
    const files = found.get(row.replica) ?? [];
    if (files.length === 0) found.set(row.replica, files);
    files.push(file);
    const place = { kind: 'replica', replica: row.replica, key } as const;
    sources.set(file, { place, sizeBytes: row.sizeBytes, sha256: row.sha256 });
  }
  return { replicas, damaged, sources };
}

const seqOf = (file: StoredFile): number => known((file as Partial<LocalFile>).seq);

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the file is not of this catalogue');
  return value;
}

/**
 * The source of a transaction of level 0, by the sequence number of its event.
 * @throws LfsbError `ECORRUPT` when it is not there any more
 */
export function sourceOfPayload(sql: Sql, seq: number): FileSource {
  const payload = payloadAt(sql, seq);
  if (payload === null) throw new LfsbError('ECORRUPT', `the transaction of event ${seq} is missing`);
  const { sizeBytes, sha256 } = payload;
  return { place: placeOf(payload), sizeBytes, sha256 };
}

const placeOf = ({ seq, place }: StoredPayload): FilePlace =>
  place.kind === 'row' ? { kind: 'row', seq } : place;

function fileOf(
  row: Omit<StoredFileRow, 'cluster' | 'db' | 'incarnation' | 'replica' | 'level' | 'sha256'>,
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
