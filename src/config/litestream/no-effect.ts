import type { ReplicaSettings } from './types.ts';

/** What Litestream has and we do not: said by name, with what is done instead. Never dropped in silence. */
type NoEffect = Readonly<Record<string, string>>;

export const TOP_NO_EFFECT: NoEffect = {
  levels: 'has no effect: levels follow from sync-interval and snapshot interval',
  'l0-retention': 'has no effect: a sync stays here until it is stored, and is then kept for the retention',
  'l0-retention-check-interval': 'has no effect: see l0-retention',
  'verify-compaction': 'has no effect: every compaction is verified',
  socket: 'has no effect: there is no control socket; "lfsb databases" and the log tell the state',
  'mcp-addr': 'has no effect: there is no MCP server',
  'heartbeat-url': 'has no effect: watch the metrics on addr instead',
  'heartbeat-interval': 'has no effect: see heartbeat-url',
  'shutdown-sync-timeout': 'has no effect: the last sync has 30 s, and ends with a second signal',
  'shutdown-sync-interval': 'has no effect: see shutdown-sync-timeout',
};

export const DATABASE_NO_EFFECT: NoEffect = {
  'max-checkpoint-page-count':
    'has no effect: a checkpoint never blocks the application, however long the WAL is',
  'truncate-page-n': 'has no effect: a checkpoint never blocks the application, however long the WAL is',
  'shadow-retention-count': 'has no effect: there is no shadow WAL',
  'monitor-delay-interval': 'has no effect: set monitor-interval',
  'max-sync-wal-bytes': 'has no effect: memory is bounded whatever the size of the WAL',
  'restore-if-db-not-exists':
    'has no effect: run "lfsb restore -if-db-not-exists -if-replica-exists PATH" first',
};

export const REPLICA_NO_EFFECT: NoEffect = {
  'retention-check-interval': 'has no effect: what is past its retention goes as newer files replace it',
  'part-size': 'has no effect: parts are sized by the object',
  concurrency: 'has no effect: uploads are limited by memory',
  'concurrent-writes': 'has no effect: writes to an SFTP server are always concurrent',
  'sign-payload': 'has no effect: every upload carries a checksum that the store enforces',
  'require-content-md5': 'has no effect: what the store checks is found out',
  'auto-recover': 'has no effect: a replica that lags catches up by itself',
};

/** What Litestream has and whose absence would do harm: refused. */
export const DATABASE_REFUSED: NoEffect = {
  dir: 'folders of databases are not supported: list each database with its path',
  pattern: 'folders of databases are not supported: list each database with its path',
  recursive: 'folders of databases are not supported: list each database with its path',
  watch: 'folders of databases are not supported: list each database with its path',
  'meta-dir': 'folders of databases are not supported: set meta-path of each database',
};

const ENCRYPTION = 'is not supported: the backups would be stored without it';

export const REPLICA_REFUSED: NoEffect = {
  age: `encryption ${ENCRYPTION}`,
  'sse-customer-algorithm': `encryption by the store ${ENCRYPTION}; let the bucket encrypt by default`,
  'sse-customer-key': `encryption by the store ${ENCRYPTION}; let the bucket encrypt by default`,
  'sse-customer-key-path': `encryption by the store ${ENCRYPTION}; let the bucket encrypt by default`,
  'sse-kms-key-id': `encryption by the store ${ENCRYPTION}; let the bucket encrypt by default`,
  'skip-verify': "certificates are always verified: make the store's known with NODE_EXTRA_CA_CERTS",
};

/** Tells of all settings that nobody took, by name and place. */
export function tellLeftOver(settings: ReplicaSettings, noEffect: NoEffect, refused: NoEffect = {}): void {
  for (const key of settings.left()) {
    const why = refused[key];
    if (why !== undefined && !isOff(settings, key)) settings.refuse(key, why);
    else if (why === undefined) settings.warn(key, noEffect[key] ?? 'is no setting: is it misspelled?');
  }
}

/** `skip-verify: false` asks for what is done anyway. */
const isOff = (settings: ReplicaSettings, key: string): boolean => {
  let off = !settings.has(key);
  if (['skip-verify', 'recursive', 'watch'].includes(key)) {
    settings.take(key, (text) => {
      off = /^(false|no|off)$/i.test(text);
    });
  }
  return off;
};
