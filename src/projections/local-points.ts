import { parseChecksum, parseTxid, type Txid } from '../ltx/index.ts';
import type { Sql, SqlRow } from './projection.ts';

/** Rows read at a time when points are listed. */
export const LOCAL_POINTS_PAGE = 1_000;

/** A file of level 0 as the point that it ends at. */
export interface LocalPoint {
  readonly seq: number;
  readonly minTxid: Txid;
  readonly txid: Txid;
  /** 0n on a snapshot. */
  readonly preApplyChecksum: bigint;
  readonly checksum: bigint;
  readonly effectiveTime: number;
  readonly pageSize: number;
  readonly commit: number;
  /** A restore may begin here: the file holds a whole database. */
  readonly begins: boolean;
}

const COLUMNS =
  'seq, min_txid, max_txid, pre_apply, post_apply, effective_time, page_size, commit_pages, begins';
const FIRST = `SELECT ${COLUMNS} FROM payload WHERE stream = ? AND seq >= ? ORDER BY seq LIMIT 1`;
const LAST = `SELECT ${COLUMNS} FROM payload WHERE stream = ? AND seq <= ? ORDER BY seq DESC LIMIT 1`;
const FIRST_BASE = `SELECT ${COLUMNS} FROM payload WHERE stream = ? AND begins = 1 ORDER BY seq LIMIT 1`;
const PAGE = `SELECT ${COLUMNS} FROM payload WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`;

/**
 * Level 0 of one incarnation, read without going through all of it: in the order of their events, TXIDs and
 * effective times never fall, so that a search by halves finds either in some dozen steps.
 */
export class LocalPoints {
  readonly #sql: Sql;
  readonly #stream: string;

  constructor(sql: Sql, stream: string) {
    this.#sql = sql;
    this.#stream = stream;
  }

  /** The first one whose event is `seq` or later. */
  first(seq = 0): LocalPoint | null {
    return pointOf(this.#sql.get(FIRST, this.#stream, seq));
  }

  last(): LocalPoint | null {
    return this.#before(Number.MAX_SAFE_INTEGER);
  }

  /** The first that a restore may begin at. */
  firstBase(): LocalPoint | null {
    return pointOf(this.#sql.get(FIRST_BASE, this.#stream));
  }

  /** The last one, of those from `from` on, that `holds`; which has to be true up to one of them and false after it. */
  lastWhere(from: LocalPoint, holds: (point: LocalPoint) => boolean): LocalPoint | null {
    if (!holds(from)) return null;
    let found = from;
    let low = from.seq;
    let high = this.last()?.seq ?? low;
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      const point = this.#before(middle) ?? from;
      if (holds(point)) {
        found = point;
        low = middle;
      } else {
        high = point.seq - 1;
      }
    }
    return found;
  }

  /** Those after an event, in order, page after page: what is appended meanwhile is given too. */
  *after(seq: number): Generator<LocalPoint> {
    for (let from = seq; ; ) {
      const rows = this.#sql.all(PAGE, this.#stream, from, LOCAL_POINTS_PAGE);
      for (const row of rows) yield read(row);
      if (rows.length < LOCAL_POINTS_PAGE) return;
      from = Number(rows.at(-1)?.['seq']);
    }
  }

  #before(seq: number): LocalPoint | null {
    return pointOf(this.#sql.get(LAST, this.#stream, seq));
  }
}

const pointOf = (row: SqlRow | undefined): LocalPoint | null => (row === undefined ? null : read(row));

const read = (row: SqlRow): LocalPoint => ({
  seq: Number(row['seq']),
  minTxid: parseTxid(String(row['min_txid'])) ?? 0n,
  txid: parseTxid(String(row['max_txid'])) ?? 0n,
  preApplyChecksum: parseTxid(String(row['pre_apply'])) ?? 0n,
  checksum: parseChecksum(String(row['post_apply'])) ?? 0n,
  effectiveTime: Number(row['effective_time']),
  pageSize: Number(row['page_size']),
  commit: Number(row['commit_pages']),
  begins: row['begins'] === 1,
});
