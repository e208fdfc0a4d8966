import type { FastifyRequest } from 'fastify';
import { parseTimestamp } from '../../engine/restore/timestamp.ts';
import { LfsbError } from '../../errors/index.ts';
import { DATABASE_PATTERN, isEventType } from '../../events/index.ts';
import type { LogQuery } from '../../log/index.ts';
import { queryOf } from '../params.ts';

/** Events of one answer. */
export const LOG_EVENTS_MAX = 1_000;
const LOG_EVENTS_DEFAULT = 100;

/** What a request wants of the log, as the one who asks may see it. */
export interface LogRequest {
  readonly query: LogQuery;
  readonly limit: number;
  /** The events with the texts that were hashed, and the digests alone of those that are not to be shown. */
  readonly isProof: boolean;
}

const bad = (name: string, hint: string): LfsbError =>
  new LfsbError('EBADINPUT', `invalid ${name}`, { hint });

/** @throws LfsbError `EBADINPUT`, `EBADDB` */
export function logRequestOf(request: FastifyRequest, cluster: string): LogRequest {
  const query = queryOf(request);
  const order = orderOf(query['order'] ?? '');
  const { db, actor } = query;
  if (db !== undefined && !DATABASE_PATTERN.test(db)) throw new LfsbError('EBADDB', 'invalid database name');
  if (query['cluster'] !== undefined && query['cluster'] !== cluster) {
    throw bad('cluster', 'it has to be the one in the Authorization header');
  }
  const type = typeOf(query['type']);
  const found = {
    // Events of the server itself belong to no cluster: they are there for who asks for them by type.
    ...(type === undefined || db !== undefined ? { cluster } : {}),
    ...(type === undefined ? {} : { type }),
    ...(db === undefined ? {} : { db }),
    ...(actor === undefined ? {} : { actor }),
    ...boundsOf(query),
    order,
  };
  const limit = numberOf(query['limit'], 'limit', 1) ?? LOG_EVENTS_DEFAULT;
  if (limit > LOG_EVENTS_MAX) throw bad('limit', `at most ${LOG_EVENTS_MAX}`);
  return { query: found, limit, isProof: isProof(query, found) };
}

function boundsOf(query: Readonly<Record<string, string>>): Partial<LogQuery> {
  const bounds = {
    after: numberOf(query['after'], 'after', 0),
    before: numberOf(query['before'], 'before', 0),
    since: timeOf(query['since'], 'since'),
    until: timeOf(query['until'], 'until'),
  };
  return Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));
}

/** The whole chain or nothing: a filtered one proves nothing. */
function isProof(query: Readonly<Record<string, string>>, found: LogQuery): boolean {
  const value = query['canonical'];
  if (value === undefined || value === 'false') return false;
  const isFiltered = ['db', 'type', 'actor', 'since', 'until', 'before'].some((name) => name in query);
  if (value !== 'true' || isFiltered || found.order === 'descending') {
    throw bad('canonical', 'use canonical=true with after and limit alone');
  }
  return true;
}

function orderOf(text: string): 'ascending' | 'descending' {
  if (text === '' || text === 'asc') return 'ascending';
  if (text === 'desc') return 'descending';
  throw bad('order', 'use "asc" or "desc"');
}

function typeOf(text: string | undefined): LogQuery['type'] {
  if (text === undefined || isEventType(text)) return text;
  throw bad('type', 'there is no such type of event');
}

function numberOf(text: string | undefined, name: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
  if (value < least) throw bad(name, `a whole number, ${least} or more`);
  return value;
}

function timeOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTimestamp(text);
  if (time === undefined) throw bad(name, 'a time is RFC 3339 with a zone; a + is written %2B in a URL');
  return time;
}
