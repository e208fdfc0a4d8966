import type { EventType } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/event.ts';
import type { SqlValue } from '../projections/projection.ts';
import type { SqlConnection } from './sql.ts';

/** Which events. Every field narrows; none given means all, oldest first. */
export interface LogQuery {
  readonly stream?: string;
  readonly type?: EventType;
  readonly cluster?: string;
  readonly db?: string;
  /** The token of the actor: a token's id, `anonymous` or `system`. */
  readonly actor?: string;
  /** First and last time, ms, inclusive. */
  readonly since?: number;
  readonly until?: number;
  /** Sequence numbers above and below, exclusive. */
  readonly after?: number;
  readonly before?: number;
  readonly order?: 'ascending' | 'descending';
  readonly limit?: number;
}

/** An index of `event`, what is equal in it, and the column whose order is the log's order there. */
interface IndexedCondition {
  readonly index: string;
  readonly equal: string;
  readonly params: readonly SqlValue[];
  readonly order: 'seq' | 'version';
}

/** How the pages of a query are read: along one index, between two sequence numbers (exclusive). */
export interface AccessPath extends IndexedCondition {
  readonly after: number;
  readonly before: number;
  readonly descending: boolean;
  /** The last event of the page before, as the order counts it; undefined for the first page. */
  readonly passed: number | undefined;
}

/**
 * Chooses the index. Only what it covers goes into the statement, the rest is filtered from the page: so a
 * statement never reads more than a page, however rare the match.
 * @returns undefined when no event can match
 */
export function accessPath(sql: SqlConnection, query: LogQuery): AccessPath | undefined {
  const bounds = sequenceBounds(sql, query);
  if (bounds === undefined) return undefined;
  const descending = query.order === 'descending';
  return { ...indexedCondition(query), ...bounds, descending, passed: undefined };
}

function indexedCondition({ stream, type, cluster, db }: LogQuery): IndexedCondition {
  const along = (index: string, equal: string, ...params: SqlValue[]): IndexedCondition => ({
    index: `INDEXED BY ${index}`,
    equal,
    params,
    order: index === 'event_stream' ? 'version' : 'seq',
  });
  if (stream !== undefined) return along('event_stream', 'stream = ?', stream);
  if (cluster !== undefined && db !== undefined) {
    return along('event_database', 'cluster = ? AND db = ?', cluster, db);
  }
  if (type !== undefined) return along('event_type', 'type = ?', type);
  if (cluster !== undefined) return along('event_cluster', 'cluster = ?', cluster);
  return { index: 'NOT INDEXED', equal: '1', params: [], order: 'seq' };
}

/** The path that goes on behind an event. */
export const pathBehind = (access: AccessPath, event: RecordedEvent): AccessPath => ({
  ...access,
  passed: event[access.order],
});

/**
 * Times to sequence numbers, from the index of times alone. A clock may have gone back, so they are the first
 * and last event in that time, not what a search for the border would find.
 */
function sequenceBounds(sql: SqlConnection, query: LogQuery): { after: number; before: number } | undefined {
  const after = query.after ?? 0;
  const before = query.before ?? Number.MAX_SAFE_INTEGER;
  if (query.since === undefined && query.until === undefined) return { after, before };
  const found = sql.get<{ first: number | null; last: number | null }>(
    'SELECT min(seq) AS first, max(seq) AS last FROM event INDEXED BY event_time WHERE time BETWEEN ? AND ?',
    query.since ?? Number.MIN_SAFE_INTEGER,
    query.until ?? Number.MAX_SAFE_INTEGER,
  );
  if (found?.first == null || found.last == null) return undefined;
  return { after: Math.max(after, found.first - 1), before: Math.min(before, found.last + 1) };
}

/** The statement for the next page of at most `limit` rows. */
export function pageStatement(access: AccessPath, limit: number): { text: string; params: SqlValue[] } {
  const { order, descending, passed } = access;
  const behind = passed === undefined ? '' : `AND ${order} ${descending ? '<' : '>'} ?`;
  const text = `SELECT seq, canonical, digest, hash FROM event ${access.index}
    WHERE ${access.equal} AND seq > ? AND seq < ? ${behind}
    ORDER BY ${order} ${descending ? 'DESC' : 'ASC'} LIMIT ?`;
  const cursor = passed === undefined ? [] : [passed];
  return { text, params: [...access.params, access.after, access.before, ...cursor, limit] };
}

const allows = <T>(wanted: T | undefined, value: unknown): boolean =>
  wanted === undefined || wanted === value;

/** What a query is held against. */
export interface Matchable {
  readonly stream: string;
  readonly type: string;
  readonly time: number;
  readonly actor: { readonly token: string };
  readonly body: unknown;
}

/** True when an event is one the query asks for, apart from its sequence number and the limit. */
export function matches(query: LogQuery, event: Matchable): boolean {
  const body = Object(event.body) as { readonly cluster?: string; readonly db?: string };
  return (
    allows(query.stream, event.stream) &&
    allows(query.type, event.type) &&
    allows(query.cluster, body.cluster) &&
    allows(query.db, body.db) &&
    allows(query.actor, event.actor.token) &&
    (query.since === undefined || event.time >= query.since) &&
    (query.until === undefined || event.time <= query.until)
  );
}
