import { expandVariables } from '../yaml/expand.ts';
import { Findings } from '../yaml/problems.ts';
import { YamlSettings } from '../yaml/tree.ts';
import {
  parseBoolean,
  parseIntervalOrNever,
  parseOneOf,
  parsePositiveDuration,
  parseText,
} from '../yaml/values.ts';
import { absoluteIn } from './absolute.ts';
import { takeDatabase, takeSnapshot } from './database.ts';
import { deepFreeze } from './freeze.ts';
import { TOP_NO_EFFECT, tellLeftOver } from './no-effect.ts';
import type { ReplicaDefaults } from './replica.ts';
import { isSamePlace } from './same-place.ts';
import { SHARED_KEYS } from './target.ts';
import type {
  AgentConfig,
  AgentLogging,
  ConfigSurroundings,
  DatabaseConfig,
  LoadedAgentConfig,
} from './types.ts';

/** Most databases of one file. */
const DATABASES_MAX = 1_000;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/**
 * Reads a litestream.yml, of 0.3 or 0.5. Every setting is honoured, or refused, or warned about, with its line
 * and column.
 * @param path of the file, for messages
 * @throws LfsbError ECONFIG that tells all that is wrong
 */
export function parseLitestreamConfig(
  path: string,
  text: string,
  surroundings: ConfigSurroundings,
): LoadedAgentConfig {
  const { env, pid, expandEnv } = surroundings;
  const findings = new Findings();
  const top = YamlSettings.parse(text, expandEnv ? expandVariables(env, pid) : parseText, findings);
  findings.throwIfBad(path);
  const config = {
    addr: top.take('addr', parseText) ?? null,
    exec: top.take('exec', parseText) ?? null,
    logging: takeLogging(top.map('logging')),
    databases: takeDatabases(top, surroundings),
  };
  // A key that only some replicas could use is no mistake, so these count as taken in any case.
  for (const key of SHARED_KEYS) if (top.left().includes(key)) top.take(key, parseText);
  tellLeftOver(top, TOP_NO_EFFECT);
  findings.throwIfBad(path);
  return deepFreeze({ path, config: config satisfies AgentConfig, warnings: findings.warnings });
}

function takeDatabases(top: YamlSettings, surroundings: ConfigSurroundings): DatabaseConfig[] {
  const absolute = absoluteIn(surroundings);
  const defaults = takeDefaults(top);
  const given = top.maps('dbs');
  if (given.length === 0) top.refuse(undefined, 'there are no dbs: nothing to replicate');
  if (given.length > DATABASES_MAX)
    top.refuse('dbs', `are ${given.length}, at most ${DATABASES_MAX} are taken`);
  const databases: DatabaseConfig[] = [];
  for (const settings of given) {
    const database = takeDatabase(settings, defaults, absolute);
    if (database === undefined) continue;
    refuseShared(settings, database, databases);
    databases.push(database);
  }
  return databases;
}

function takeDefaults(top: YamlSettings): ReplicaDefaults {
  const snapshot = takeSnapshot(top.map('snapshot'));
  const validation = top.map('validation');
  const every = validation?.take('interval', parseIntervalOrNever);
  if (validation !== undefined) tellLeftOver(validation, {});
  const own = top.take('validation-interval', parseIntervalOrNever);
  takeRetention(top);
  return {
    shared: top,
    retentionMs: snapshot.retentionMs,
    snapshotIntervalMs: snapshot.intervalMs,
    syncIntervalMs: top.take('sync-interval', parsePositiveDuration),
    validationIntervalMs: own === undefined ? every : own,
  };
}

/** `retention: {enabled: false}` leaves deleting to the bucket, which knows nothing of what a restore needs. */
function takeRetention(top: YamlSettings): void {
  if (!top.has('retention')) return;
  const retention = top.map('retention');
  if (retention?.take('enabled', parseBoolean) === false) {
    retention.refuse(
      'enabled',
      'what is older than the retention is always removed: set a long retention instead',
    );
  }
  if (retention !== undefined) tellLeftOver(retention, {});
}

function takeLogging(settings: YamlSettings | undefined): AgentLogging {
  const logging = {
    level: settings?.take('level', parseOneOf(...LEVELS)) ?? 'info',
    format: settings?.take('type', parseOneOf('text', 'json')) ?? 'text',
    stderr: settings?.take('stderr', parseBoolean) ?? false,
  };
  if (settings !== undefined) tellLeftOver(settings, {});
  return logging;
}

/** Two databases in one folder would overwrite each other's history. */
function refuseShared(
  settings: YamlSettings,
  database: DatabaseConfig,
  before: readonly DatabaseConfig[],
): void {
  for (const other of before) {
    const { line } = other.place;
    if (other.path === database.path) settings.refuse('path', `is listed in line ${line} already`);
    else if (other.metaPath === database.metaPath)
      settings.refuse('meta-path', `is that of line ${line} already`);
    const shared = database.replicas.find(({ target }) =>
      other.replicas.some((its) => isSamePlace(its.target, target)),
    );
    if (shared !== undefined) {
      settings.refuse(
        undefined,
        `shares the replica ${shared.url} with ${other.path}: each needs a folder of its own`,
      );
    }
  }
}
