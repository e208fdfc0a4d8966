import type { FastifyRequest } from 'fastify';
import { LfsbError } from '../errors/index.ts';
import { CLUSTER_PATTERN, DATABASE_PATTERN } from '../events/index.ts';

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

/** `Litefs-Cluster-Id`: names a LiteFS data directory. Anything else in its place is not recorded. */
export function primaryOf(request: FastifyRequest): string | null {
  const id = request.headers['litefs-cluster-id'];
  return typeof id === 'string' && /^LFSC[0-9A-F]{16}$/.test(id) ? id : null;
}

const NAME_CHARS_SHOWN = 80;
const shortened = (name: string): string =>
  name.length > NAME_CHARS_SHOWN ? `${name.slice(0, NAME_CHARS_SHOWN)}…` : name;
