import { parseIntervalOrNever, parsePositiveDuration, parseText } from '../yaml/values.ts';
import { REPLICA_NO_EFFECT, REPLICA_REFUSED, tellLeftOver } from './no-effect.ts';
import { takeTarget } from './target.ts';
import {
  LITESTREAM_DEFAULTS,
  type ReplicaConfig,
  type ReplicaSettings,
  type ReplicaTarget,
} from './types.ts';

/** What is said once for all replicas: at the top, or of a database. */
export interface ReplicaDefaults {
  readonly shared: ReplicaSettings;
  readonly retentionMs: number | undefined;
  readonly snapshotIntervalMs: number | undefined;
  readonly syncIntervalMs: number | undefined;
  readonly validationIntervalMs: number | null | undefined;
}

/** One replica; undefined, with the problem told, when it is nowhere. */
export function takeReplica(
  settings: ReplicaSettings,
  defaults: ReplicaDefaults,
  absolute: (path: string) => string,
): ReplicaConfig | undefined {
  const target = takeTarget(settings, defaults.shared, absolute);
  const name = settings.take('name', parseText);
  const duration = (key: string): number | undefined => settings.take(key, parsePositiveDuration);
  const retentionMs = duration('retention') ?? defaults.retentionMs ?? LITESTREAM_DEFAULTS.retentionMs;
  const syncIntervalMs =
    duration('sync-interval') ?? defaults.syncIntervalMs ?? LITESTREAM_DEFAULTS.syncIntervalMs;
  const snapshotIntervalMs = duration('snapshot-interval') ?? defaults.snapshotIntervalMs ?? null;
  const own = settings.take('validation-interval', parseIntervalOrNever);
  const validationIntervalMs = own === undefined ? (defaults.validationIntervalMs ?? null) : own;
  if (syncIntervalMs > retentionMs) {
    settings.refuse(
      settings.has('retention') ? 'retention' : 'sync-interval',
      'the retention is shorter than the sync-interval',
    );
  }
  tellLeftOver(settings, REPLICA_NO_EFFECT, REPLICA_REFUSED);
  if (target === undefined) return undefined;
  return {
    name: name ?? target.type,
    url: urlOf(target),
    target,
    retentionMs,
    syncIntervalMs,
    snapshotIntervalMs,
    validationIntervalMs,
    place: settings.place(),
  };
}

/** A target as a URL that may be shown and logged. */
export function urlOf(target: ReplicaTarget): string {
  switch (target.type) {
    case 's3':
      return `s3://${target.bucket}${target.prefix === '' ? '' : `/${target.prefix}`}`;
    case 'file':
      return `file://${encodePath(target.path)}`;
    case 'sftp': {
      const user = target.user === undefined ? '' : `${encodeURIComponent(target.user)}@`;
      const host = target.host.includes(':') ? `[${target.host}]` : target.host;
      const port = target.port === undefined ? '' : `:${target.port}`;
      return `sftp://${user}${host}${port}${encodePath(target.path)}`;
    }
  }
}

const encodePath = (path: string): string =>
  path.split('/').map(encodeURIComponent).join('/').replaceAll('%7E', '~');
