import type { Sql, SqlRow } from '../../projections/projection.ts';
import type { LogQuery } from '../query.ts';
import { keysOfQuery, mayHoldAll } from './key-filter.ts';
import type { SegmentBounds, SegmentFacts } from './segment-facts.ts';

/** A segment of a replica, as the index has it. */
export interface IndexedSegment extends SegmentBounds {
  readonly replica: string;
}

const COLUMNS = `p.name AS replica, s.first_seq, s.last_seq, s.hash, s.time_min, s.time_max, s.keys,
  coalesce((SELECT b.hash FROM log_segment b WHERE b.place = s.place AND b.last_seq = s.first_seq - 1),
    zeroblob(32)) AS previous`;

/** Rows of the index read at once. */
export const SEGMENTS_PAGE = 500;

/** Adds a segment: it has to be the next one of its replica. */
export function recordSegment(sql: Sql, place: number, facts: SegmentFacts, sealedAt: number): void {
  sql.run(
    `INSERT INTO log_segment (place, last_seq, first_seq, hash, time_min, time_max, text_bytes, keys, sealed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    place,
    facts.lastSeq,
    facts.firstSeq,
    facts.hash,
    facts.timeMin,
    facts.timeMax,
    facts.textBytes,
    facts.keys,
    sealedAt,
  );
}

/** The segments that hold an event, one of each configured replica that has it, in their order. */
export const segmentsWith = (sql: Sql, seq: number): IndexedSegment[] =>
  sql
    .all(
      `SELECT ${COLUMNS} FROM log_place p JOIN log_segment s ON s.place = p.id AND s.last_seq = (
         SELECT min(last_seq) FROM log_segment WHERE place = p.id AND last_seq >= ?)
         WHERE p.ordinal IS NOT NULL AND s.first_seq <= ? ORDER BY p.ordinal`,
      seq,
      seq,
    )
    .map(indexed);

/** What a look along the index came to: a segment to be read, or how far there is nothing to be read for. */
export type Looked =
  | { readonly kind: 'read'; readonly segment: IndexedSegment }
  | { readonly kind: 'passed'; readonly seq: number }
  | { readonly kind: 'unknown' };

/**
 * The next segment, of the one that holds event `seq` and those behind it (descending: before it), that may have
 * what a query asks for. Looks at a page of the index at most.
 */
export function nextSegment(sql: Sql, seq: number, query: LogQuery): Looked {
  const lead = sql.get(
    `SELECT p.id AS id FROM log_place p JOIN log_segment s ON s.place = p.id
       WHERE p.ordinal IS NOT NULL AND s.last_seq >= ? ORDER BY p.ordinal LIMIT 1`,
    seq,
  );
  if (lead === undefined) return { kind: 'unknown' };
  const isBack = query.order === 'descending';
  const rows = sql.all(
    `SELECT ${COLUMNS} FROM log_segment s JOIN log_place p ON p.id = s.place
       WHERE s.place = ? AND ${isBack ? 's.last_seq <= (SELECT min(last_seq) FROM log_segment WHERE place = s.place AND last_seq >= ?)' : 's.last_seq >= ?'}
       ORDER BY s.last_seq ${isBack ? 'DESC' : 'ASC'} LIMIT ?`,
    Number(lead['id']),
    seq,
    SEGMENTS_PAGE,
  );
  const keys = keysOfQuery(query);
  const found = rows.find((row) => mayMatch(row, query, keys));
  if (found !== undefined) return { kind: 'read', segment: indexed(found) };
  const last = rows.at(-1);
  return { kind: 'passed', seq: Number(last?.[isBack ? 'first_seq' : 'last_seq']) };
}

const mayMatch = (row: SqlRow, { since, until }: LogQuery, keys: readonly string[]): boolean =>
  (since === undefined || Number(row['time_max']) >= since) &&
  (until === undefined || Number(row['time_min']) <= until) &&
  mayHoldAll(row['keys'] as Uint8Array, keys);

const indexed = (row: SqlRow): IndexedSegment => ({
  replica: String(row['replica']),
  firstSeq: Number(row['first_seq']),
  lastSeq: Number(row['last_seq']),
  hash: row['hash'] as Uint8Array,
  previous: row['previous'] as Uint8Array,
});
