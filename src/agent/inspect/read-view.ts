import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockReading } from '../../commands/clock.ts';
import { sourced } from '../../compactor/plan/files.ts';
import { History, type Point } from '../../compactor/plan/history.ts';
import { loadCatalogue } from '../../compactor/run/catalogue.ts';
import type { DatabaseConfig, ReplicaConfig } from '../../config/litestream/types.ts';
import { type ServerStatus, StatusReader } from '../../engine/status.ts';
import type { EventBody, EventType } from '../../events/index.ts';
import { LogReader, openReadOnly, type SqlConnection } from '../../log/index.ts';
import { formatTxid } from '../../ltx/index.ts';
import { walPathOf } from '../../sources/database-files.ts';
import { damageOf } from '../damage.ts';
import { AGENT_CLUSTER, databaseNameOf, replicaNameOf } from '../names.ts';
import { readTrouble } from '../trouble-file.ts';
import { isHeld } from './held-by.ts';
import { type DatabaseView, type PointView, type ReplicaView, stateOf } from './view.ts';

/** Events of one type that are looked through, from the newest, for one that is about a replica. */
const LOOKED_EVENTS_MAX = 5_000;

/** Name of the log in a meta directory. */
const LOG_NAME = 'lfsb.db';

/** Where the log of a database is. */
export const logPath = (metaPath: string): string => join(metaPath, LOG_NAME);

/**
 * What the log of a configured database says, read only and from any process, whether its agent runs or not. No
 * replica is asked.
 */
export async function readView(config: DatabaseConfig, clock: () => ClockReading): Promise<DatabaseView> {
  const { path, metaPath, replicas } = config;
  const isRunning = await isHeld(metaPath);
  const general = { path, metaPath, isRunning };
  const nothing = { txid: null, sizeBytes: 0, replicas: replicas.map(neverReplicated) };
  if (!existsSync(logPath(metaPath))) return { ...general, unreadable: null, ...nothing };
  let sql: SqlConnection | null = null;
  try {
    sql = openReadOnly(logPath(metaPath));
    return { ...general, unreadable: null, ...(await readLog(sql, { config, isRunning, clock })) };
  } catch (error) {
    // One log that cannot be read is told beside the others.
    return { ...general, unreadable: error instanceof Error ? error.message : String(error), ...nothing };
  } finally {
    sql?.db.close();
  }
}

const neverReplicated = ({ name, url }: ReplicaConfig): ReplicaView => ({
  name,
  url,
  state: 'never replicated',
  message: null,
  txid: null,
  lagMs: 0,
  lastSuccessAt: null,
  window: null,
  validation: null,
  files: 0,
  sizeBytes: 0,
  space: null,
});

interface Reading {
  readonly config: DatabaseConfig;
  readonly isRunning: boolean | null;
  readonly clock: () => ClockReading;
}

async function readLog(
  sql: SqlConnection,
  { config, isRunning, clock }: Reading,
): Promise<Pick<DatabaseView, 'txid' | 'sizeBytes' | 'replicas'>> {
  const db = databaseNameOf(config.path);
  const status = new StatusReader({ sql, dataDirectory: config.metaPath, clock });
  const { databases, replicas: health } = await status.read(AGENT_CLUSTER, { after: '', limit: 1 });
  const database = databases.find((each) => each.db === db);
  const catalogue = loadCatalogue(sql, AGENT_CLUSTER, db)?.catalogue ?? null;
  const reader = new LogReader(sql);
  const live = isRunning === false ? null : (readTrouble(config.metaPath)?.message ?? null);
  const unseenMs = isRunning === true ? 0 : unseenFor(reader, config.path, clock().wall);
  return {
    txid: database === undefined ? null : formatTxid(database.txid),
    sizeBytes: database?.sizeBytes ?? 0,
    replicas: config.replicas.map((replica) => {
      const name = replicaNameOf(replica);
      const progress = database?.replicas.find((each) => each.replica === name);
      const files = catalogue?.replicas.get(name) ?? [];
      const validation = lastValidation(reader, name);
      const trouble = live ?? troubleOf(health, name);
      const txid = progress === undefined || progress.txid === 0n ? null : formatTxid(progress.txid);
      const lagMs = Math.max(progress?.lagMs ?? 0, unseenMs);
      const { syncIntervalMs } = replica;
      const damage = damageOf(sql, db, name);
      const isDamaged = damage !== null && damage.trouble !== null;
      const facts = { isFailing: trouble !== null, isDamaged, validation, txid, lagMs, syncIntervalMs };
      return {
        ...neverReplicated(replica),
        state: stateOf(facts),
        message: trouble ?? damage?.message ?? validation?.message ?? null,
        txid,
        lagMs,
        lastSuccessAt: lastStored(reader, name),
        window: windowOf(new History(sourced(name, files)).points),
        validation,
        files: files.length,
        sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      };
    }),
  };
}

function troubleOf(health: ServerStatus['replicas'], name: string): string | null {
  const found = health.find((each) => each.name === name);
  return found?.failingSince == null ? null : (found.message ?? found.code ?? 'it fails');
}

function windowOf(points: readonly Point[]): ReplicaView['window'] {
  const [first, last] = [points[0], points.at(-1)];
  return first === undefined || last === undefined ? null : { first: viewOf(first), last: viewOf(last) };
}

const viewOf = ({ last: { file } }: Point): PointView => ({
  txid: formatTxid(file.maxTxid),
  timestamp: file.effectiveTime,
});

/** How long changes may have waited that no agent has seen yet, ms: since it ended, where the file is newer than that. */
function unseenFor(reader: LogReader, path: string, now: number): number {
  const [ended] = reader.read({ type: 'server.stopped', order: 'descending', limit: 1 });
  if (ended === undefined) return 0;
  const changedAt = Math.max(changeOf(path), changeOf(walPathOf(path)));
  return changedAt > ended.time ? now - ended.time : 0;
}

/** An empty WAL is what the agent itself leaves, or a reader. */
function changeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || found.size === 0 ? 0 : found.mtimeMs;
}

const lastStored = (reader: LogReader, replica: string): number | null =>
  newest(reader, 'file.stored', (body) => body.replica === replica)?.time ?? null;

function lastValidation(reader: LogReader, replica: string): ReplicaView['validation'] {
  const found = newest(reader, 'database.verified', ({ replicas }) => replicas.includes(replica));
  if (found === null) return null;
  const { outcome, failure } = found.body;
  return { at: found.time, passed: outcome === 'passed', message: failure?.message ?? null };
}

function newest<T extends EventType>(
  reader: LogReader,
  type: T,
  isMeant: (body: EventBody<T>) => boolean,
): { readonly time: number; readonly body: EventBody<T> } | null {
  for (const event of reader.read({ type, order: 'descending', limit: LOOKED_EVENTS_MAX })) {
    const body = event.body as EventBody<T>;
    if (isMeant(body)) return { time: event.time, body };
  }
  return null;
}
