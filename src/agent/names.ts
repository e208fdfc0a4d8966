import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ReplicaConfig } from '../config/litestream/types.ts';
import { REPLICA_NAME_CHARS_MAX } from '../events/bodies/limits.ts';

/** Replicated databases have no cluster; the engine's names need one. */
export const AGENT_CLUSTER = 'local';

/** Longest name of a database that the engine takes, characters. */
const NAME_CHARS_MAX = 256;

/** What a database is called in its own log: its file's name, as far as names may be like that. */
export function databaseNameOf(path: string): string {
  const name = basename(path)
    .replaceAll(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^\./, '_')
    .slice(0, NAME_CHARS_MAX);
  return name === '' ? '_' : name;
}

/** Hex digits that tell long names apart. */
const DIGITS = 16;

/**
 * What a replica is called in the log: the place that it is, not the name that it has in a configuration. At another
 * URL nothing is stored yet, though the name is the same.
 */
export function replicaNameOf({ url, target }: Pick<ReplicaConfig, 'url' | 'target'>): string {
  const maker = target.type === 's3' ? target.endpoint : undefined;
  const name = maker === undefined ? url : `${url} at ${maker}`;
  if (name.length <= REPLICA_NAME_CHARS_MAX) return name;
  const digits = createHash('sha256').update(name).digest('hex').slice(0, DIGITS);
  return `${name.slice(0, REPLICA_NAME_CHARS_MAX - DIGITS - 1)}~${digits}`;
}
