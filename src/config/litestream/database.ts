import { basename, dirname, join } from 'node:path';
import { BadValue } from '../yaml/problems.ts';
import type { YamlSettings } from '../yaml/tree.ts';
import { parseCount, parseDuration, parseIntervalOrNever, parsePositiveDuration } from '../yaml/values.ts';
import { DATABASE_NO_EFFECT, DATABASE_REFUSED, tellLeftOver } from './no-effect.ts';
import { type ReplicaDefaults, takeReplica } from './replica.ts';
import { isIn, isSamePlace } from './same-place.ts';
import { type DatabaseConfig, LITESTREAM_DEFAULTS, type ReplicaConfig } from './types.ts';

/** Most replicas of a database. */
const REPLICAS_MAX = 8;

/** SQLite waits no longer than its own limit for a lock, ms. */
const BUSY_MS_MAX = 2_147_483_647;

/** One database; undefined, with the problem told, when it cannot be replicated. */
export function takeDatabase(
  settings: YamlSettings,
  given: ReplicaDefaults,
  absolute: (path: string) => string,
): DatabaseConfig | undefined {
  const path = settings.take('path', absolute);
  const metaPath = settings.take('meta-path', absolute);
  const replicas = takeReplicas(settings, defaultsOf(settings, given), absolute);
  const database = {
    monitorIntervalMs:
      settings.take('monitor-interval', parsePositiveDuration) ?? LITESTREAM_DEFAULTS.monitorIntervalMs,
    checkpointIntervalMs: orDefault(
      settings.take('checkpoint-interval', parseIntervalOrNever),
      LITESTREAM_DEFAULTS.checkpointIntervalMs,
    ),
    minCheckpointPages:
      settings.take('min-checkpoint-page-count', parseCount(1, 1_000_000_000)) ??
      LITESTREAM_DEFAULTS.minCheckpointPages,
    busyTimeoutMs: settings.take('busy-timeout', parseBusyTimeout) ?? LITESTREAM_DEFAULTS.busyTimeoutMs,
  };
  const refused = Object.keys(DATABASE_REFUSED).some((key) => settings.has(key));
  if (path === undefined && !settings.has('path') && !refused) settings.refuse(undefined, 'has no path');
  tellLeftOver(settings, DATABASE_NO_EFFECT, DATABASE_REFUSED);
  if (path === undefined) return undefined;
  const place = settings.place();
  const taken = { path, metaPath: metaPath ?? besides(path), ...database, replicas, place };
  refuseOwn(settings, taken);
  return taken;
}

/** A replica is no place of the database's own. */
function refuseOwn(settings: YamlSettings, { path, metaPath, replicas }: DatabaseConfig): void {
  for (const { target, url } of replicas) {
    if (isIn(target, path)) settings.refuse(undefined, `${url} is the database itself`);
    if (isIn(target, metaPath)) settings.refuse(undefined, `${url} is in ${metaPath}, where the log is`);
  }
}

/** Where our state is: never in Litestream's own folder, so that one can go back. */
const besides = (path: string): string => join(dirname(path), `.${basename(path)}-lfsb`);

const orDefault = <T>(value: T | undefined, fallback: T): T => (value === undefined ? fallback : value);

function parseBusyTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms > BUSY_MS_MAX) throw new BadValue(`${text} is longer than SQLite can wait`);
  return ms;
}

/** Newer versions of Litestream have `snapshot` of a database too. */
function defaultsOf(settings: YamlSettings, given: ReplicaDefaults): ReplicaDefaults {
  const snapshot = settings.map('snapshot');
  if (snapshot === undefined) return given;
  const { intervalMs, retentionMs } = takeSnapshot(snapshot);
  return {
    ...given,
    snapshotIntervalMs: intervalMs ?? given.snapshotIntervalMs,
    retentionMs: retentionMs ?? given.retentionMs,
  };
}

/** `snapshot: {interval, retention}`. */
export function takeSnapshot(settings: YamlSettings | undefined): {
  intervalMs: number | undefined;
  retentionMs: number | undefined;
} {
  const intervalMs = settings?.take('interval', parsePositiveDuration);
  const retentionMs = settings?.take('retention', parsePositiveDuration);
  if (settings !== undefined) tellLeftOver(settings, {});
  return { intervalMs, retentionMs };
}

function takeReplicas(
  settings: YamlSettings,
  defaults: ReplicaDefaults,
  absolute: (path: string) => string,
): ReplicaConfig[] {
  const one = settings.map('replica');
  const all = [...(one === undefined ? [] : [one]), ...settings.maps('replicas')];
  if (one !== undefined && all.length > 1)
    settings.refuse('replica', 'there are replicas too: have one of the two');
  if (all.length === 0 && !settings.has('replica')) {
    settings.refuse(undefined, 'has no replica: nothing would be stored');
  }
  if (all.length > REPLICAS_MAX)
    settings.refuse('replicas', `are ${all.length}, at most ${REPLICAS_MAX} are kept`);
  const replicas: ReplicaConfig[] = [];
  for (const each of all) {
    const replica = takeReplica(each, defaults, absolute);
    if (replica === undefined) continue;
    const same = replicas.find(({ target }) => isSamePlace(target, replica.target));
    if (same !== undefined) each.refuse(undefined, `is a second replica at ${same.url}`);
    replicas.push(named(replica, replicas, each));
  }
  return replicas;
}

/** Names were not needed where there was one replica of a type; a second one of it gets a number. */
function named(
  replica: ReplicaConfig,
  before: readonly ReplicaConfig[],
  settings: YamlSettings,
): ReplicaConfig {
  const taken = (name: string): boolean => before.some((other) => other.name === name);
  if (!taken(replica.name)) return replica;
  if (settings.has('name')) settings.refuse('name', `is the name of another replica: ${replica.name}`);
  let number = 2;
  while (taken(`${replica.name}-${number}`)) number++;
  return { ...replica, name: `${replica.name}-${number}` };
}
