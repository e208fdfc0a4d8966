import type { FastifyRequest } from 'fastify';
import { INFO_POINTS_MAX } from '../engine/restore/limits.ts';
import type { PointSelection } from '../engine/restore/point-finder.ts';
import type { PointQuery } from '../engine/restore/points.ts';
import { parseTimestamp } from '../engine/restore/timestamp.ts';
import { LfsbError } from '../errors/index.ts';
import { CLUSTER_PATTERN, DATABASE_PATTERN } from '../events/index.ts';
import { parseTxid } from '../ltx/index.ts';

/** Who asks, from the `Authorization` header: `cluster NAME`, the scheme in any case, one space. */
export function clusterOf(request: FastifyRequest): string {
  const match = /^cluster (?<name>[^ ]*)$/i.exec(request.headers.authorization ?? '');
  if (match === null) {
    throw new LfsbError('EINVALIDAUTH', 'authorization header invalid format', {
      hint: 'send "Authorization: cluster NAME"',
    });
  }
  const name = match.groups?.['name'] ?? '';
  if (name === '') throw new LfsbError('EBADCLUSTER', 'cluster required');
  if (!CLUSTER_PATTERN.test(name)) throw new LfsbError('EBADCLUSTER', 'cluster invalid');
  return name;
}

/** The query of a request: each parameter once. */
export function queryOf(request: FastifyRequest): Readonly<Record<string, string>> {
  const query = request.query as Record<string, string | string[]>;
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) throw new LfsbError('EBADINPUT', `'${name}' is given ${value.length} times`);
  }
  return query as Record<string, string>;
}

/** The `db` parameter, a database name. */
export function databaseOf(request: FastifyRequest): string {
  const name = queryOf(request)['db'] ?? '';
  if (name === '') throw new LfsbError('EBADDB', 'database required');
  if (!DATABASE_PATTERN.test(name)) {
    throw new LfsbError('EBADDB', `invalid database name: ${JSON.stringify(shortened(name))}`);
  }
  return name;
}

export type SnapshotFormat = 'ltx' | 'sqlite';

/** The `format` parameter of a snapshot, `ltx` unless given. */
export function formatOf(request: FastifyRequest): SnapshotFormat {
  const format = queryOf(request)['format'] || 'ltx';
  if (format !== 'ltx' && format !== 'sqlite') {
    throw new LfsbError('EBADFORMAT', 'unsupported snapshot format', { hint: 'use "ltx" or "sqlite"' });
  }
  return format;
}

/**
 * The `txid` or `timestamp` of a restore point; null when neither is given. TXID zero is none, as an empty
 * parameter is.
 */
export function pointOf(request: FastifyRequest): PointQuery | null {
  const { txid: txidText = '', timestamp = '' } = queryOf(request);
  const txid = txidText === '' ? 0n : parseTxid(txidText);
  if (txid === undefined) {
    throw new LfsbError('EBADINPUT', 'invalid txid', { hint: 'a TXID is exactly 16 hex digits' });
  }
  if (txid !== 0n && timestamp !== '') {
    throw new LfsbError('EBADINPUT', "can't specify both 'txid' and 'timestamp'");
  }
  if (txid !== 0n) return { txid };
  return timestamp === '' ? null : { timestamp: timeOf(timestamp, 'timestamp') };
}

/** The restore point that a request has to name. */
export function requiredPointOf(request: FastifyRequest): PointQuery {
  const point = pointOf(request);
  if (point === null) throw new LfsbError('EBADINPUT', "'txid' or 'timestamp' required");
  return point;
}

/** Which restore points are asked for: any of `all`, `from`, `to` and `limit` makes it a list. */
export function selectionOf(request: FastifyRequest): PointSelection {
  const { all, from = '', to = '', limit = '', level = '' } = queryOf(request);
  if (level !== '' && level !== '0') {
    throw new LfsbError('EBADINPUT', 'invalid level', { hint: 'use "level=0", or leave it out' });
  }
  const level0 = level === '0';
  if (all === undefined && from === '' && to === '' && limit === '') return { kind: 'ends', level0 };
  return {
    kind: 'list',
    level0,
    limit: limit === '' ? INFO_POINTS_MAX : limitOf(limit),
    from: from === '' ? undefined : timeOf(from, 'from'),
    to: to === '' ? undefined : timeOf(to, 'to'),
  };
}

function timeOf(text: string, name: string): number {
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  const hint = 'a timestamp is RFC 3339 with a zone, as 2006-01-02T15:04:05Z; a + is written %2B in a URL';
  throw new LfsbError('EBADINPUT', `invalid ${name}`, { hint });
}

function limitOf(text: string): number {
  const limit = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= INFO_POINTS_MAX) return limit;
  const hint = `use a number from 1 to ${INFO_POINTS_MAX}`;
  throw new LfsbError('EBADINPUT', 'invalid limit', { hint });
}

/** `Litefs-Cluster-Id`: names a LiteFS data directory. Anything else in its place is not recorded. */
export function primaryOf(request: FastifyRequest): string | null {
  const id = request.headers['litefs-cluster-id'];
  return typeof id === 'string' && /^LFSC[0-9A-F]{16}$/.test(id) ? id : null;
}

const NAME_CHARS_SHOWN = 80;
const shortened = (name: string): string =>
  name.length > NAME_CHARS_SHOWN ? `${name.slice(0, NAME_CHARS_SHOWN)}…` : name;
