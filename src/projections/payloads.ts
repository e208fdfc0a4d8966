import type { PayloadPlace } from '../commands/ingest.ts';
import type { RecordedEvent, TransactionType } from '../events/index.ts';
// Not the index: its schemas would take 9 MB of each thread that reads payloads.
import { databaseStream } from '../events/streams.ts';
import { formatChecksum, formatTxid, type Pos } from '../ltx/index.ts';
import { fileColumns } from './file-columns.ts';
import { payloadsThrough } from './first-payloads.ts';
import type { Projection, Sql, SqlRow } from './projection.ts';

/** Rows read at a time when a chain is listed. */
export const PAYLOADS_PAGE = 1_000;

/** A level-0 file: one received transaction, as its event describes it. TXIDs and checksums are 16 hex digits. */
export interface StoredPayload {
  /** Sequence number of the event that names it. */
  readonly seq: number;
  readonly minTxid: string;
  readonly maxTxid: string;
  readonly pageSize: number;
  readonly commit: number;
  readonly preApplyChecksum: string;
  readonly postApplyChecksum: string;
  readonly effectiveTime: number;
  /** When it was received, ms. */
  readonly receivedAt: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly place: PayloadPlace;
}

/** The catalogue of level 0: which transaction's bytes are where. */
export const payloads: Projection = {
  name: 'payloads',
  version: 3,
  tables: [
    `CREATE TABLE payload (
      seq INTEGER PRIMARY KEY,
      stream TEXT NOT NULL,
      min_txid TEXT NOT NULL,
      max_txid TEXT NOT NULL,
      page_size INTEGER NOT NULL,
      commit_pages INTEGER NOT NULL,
      pre_apply TEXT NOT NULL,
      post_apply TEXT NOT NULL,
      effective_time INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      size_bytes INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      spool_name TEXT,
      begins INTEGER NOT NULL
    ) STRICT`,
    'CREATE INDEX payload_stream ON payload (stream, seq)',
    'CREATE INDEX payload_begins ON payload (stream, seq) WHERE begins = 1',
    'CREATE UNIQUE INDEX payload_spool ON payload (spool_name) WHERE spool_name IS NOT NULL',
    'CREATE TABLE payload_total (bytes INTEGER NOT NULL) STRICT',
  ],
  drop: ['DROP TABLE IF EXISTS payload', 'DROP TABLE IF EXISTS payload_total'],
  apply(sql, event) {
    switch (event.type) {
      case 'transaction.ingested':
      case 'transaction.rebased':
      case 'transaction.imported':
      case 'transaction.restored':
        return insert(sql, event);
      case 'database.deleted':
        return remove(sql, event.stream, TXID_LAST);
      case 'payloads.expired': {
        const { cluster, db, incarnation, throughTxid } = event.body;
        return remove(sql, databaseStream(cluster, db, incarnation), throughTxid);
      }
      default:
        return;
    }
  },
};

/** Pre-apply checksums of files that hold the whole database: of snapshots, and after a deletion. */
const WHOLE = ['0000000000000000', '8000000000000000'];

function insert(sql: Sql, event: RecordedEvent<TransactionType>): void {
  const { body } = event;
  sql.run(
    'INSERT INTO payload VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    event.seq,
    event.stream,
    body.minTxid,
    body.maxTxid,
    body.pageSize,
    body.commit,
    body.preApplyChecksum,
    body.postApplyChecksum,
    body.effectiveTime,
    event.time,
    BigInt(body.sizeBytes),
    body.sha256,
    body.payload.kind === 'spool' ? body.payload.name : null,
    WHOLE.includes(body.preApplyChecksum) ? 1 : 0,
  );
  addToTotal(sql, BigInt(body.sizeBytes));
}

const TXID_LAST = 'f'.repeat(16);

/** The payloads of a stream that end at or below a TXID leave. */
function remove(sql: Sql, stream: string, through: string): void {
  const { lastSeq, bytes } = payloadsThrough(sql, stream, through);
  sql.run('DELETE FROM payload WHERE stream = ? AND seq <= ?', stream, lastSeq);
  addToTotal(sql, -BigInt(bytes));
}

function addToTotal(sql: Sql, bytes: bigint): void {
  const { changes } = sql.run('UPDATE payload_total SET bytes = bytes + ?', bytes);
  if (changes === 0) sql.run('INSERT INTO payload_total VALUES (?)', bytes);
}

/** What all of level 0 takes, bytes. */
export const payloadBytesTotal = (sql: Sql): number =>
  Number(sql.get('SELECT bytes FROM payload_total')?.['bytes'] ?? 0);

/**
 * The files that lead to a position: the newest one that holds a whole database, and all after it, in order, page
 * after page. What is appended meanwhile does not change them. Empty when the stream has no such position.
 */
export function* chainTo(sql: Sql, stream: string, pos: Pos): Generator<StoredPayload> {
  const last = sql.get<{ seq: number }>(
    'SELECT seq FROM payload WHERE stream = ? AND max_txid = ? AND post_apply = ? ORDER BY seq DESC LIMIT 1',
    stream,
    formatTxid(pos.txid),
    formatChecksum(pos.checksum),
  );
  const to = last?.seq ?? 0;
  const first = sql.get<{ seq: number | null }>(
    'SELECT max(seq) AS seq FROM payload WHERE stream = ? AND begins = 1 AND seq <= ?',
    stream,
    to,
  );
  for (let from = first?.seq ?? to + 1; from <= to; ) {
    const rows = sql.all(
      'SELECT * FROM payload WHERE stream = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?',
      stream,
      from,
      to,
      PAYLOADS_PAGE,
    );
    for (const row of rows) yield payloadOf(row);
    if (rows.length < PAYLOADS_PAGE) return;
    from = Number(rows.at(-1)?.['seq']) + 1;
  }
}

/** The file that an event names, or null when it is not in level 0. */
export function payloadAt(sql: Sql, seq: number): StoredPayload | null {
  const row = sql.get('SELECT * FROM payload WHERE seq = ?', seq);
  return row === undefined ? null : payloadOf(row);
}

/** Whether a file of the spool is named by the log. */
export const isSpoolNameKnown = (sql: Sql, name: string): boolean =>
  sql.get('SELECT 1 AS known FROM payload WHERE spool_name = ?', name) !== undefined;

/** The bytes of a payload that rode in its commit, or null when there are none. */
export function payloadBytes(sql: Sql, seq: number): Uint8Array | null {
  const row = sql.get('SELECT bytes FROM payload_bytes WHERE seq = ?', seq);
  return row === undefined ? null : (row['bytes'] as Uint8Array);
}

function payloadOf(row: SqlRow): StoredPayload {
  const spoolName = row['spool_name'];
  return {
    seq: Number(row['seq']),
    ...fileColumns(row),
    place: typeof spoolName === 'string' ? { kind: 'spool', name: spoolName } : { kind: 'row' },
  };
}
