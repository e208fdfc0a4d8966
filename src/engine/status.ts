import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClockReading } from '../commands/clock.ts';
import type { DatabaseState } from '../commands/database-state.ts';
import type { DueCounts, DueWork } from '../compactor/run/due-work.ts';
import { databaseStream } from '../events/index.ts';
import type { Txid } from '../ltx/index.ts';
import { version } from '../package-root.ts';
import { type DamagedFileRow, damagedCounts, damagedFilesOf } from '../projections/damaged-files.ts';
import { listDatabases } from '../projections/databases.ts';
import { type LastDrill, lastDrill } from '../projections/drills.ts';
import { highWaterMarkOf, reachOf } from '../projections/high-water.ts';
import type { Sql } from '../projections/index.ts';
import { type LocalPoint, LocalPoints } from '../projections/local-points.ts';
import { payloadBytesTotal } from '../projections/payloads.ts';
import { listReplicas, type ReplicaHealth } from '../projections/replicas.ts';
import { type ReplicaWork, workOn } from './writer/outbox.ts';

const NOTHING_DUE: DueCounts = { databases: 0, builds: 0, deletes: 0 };

/** Databases in one answer. */
export const STATUS_DATABASES_MAX = 500;

/** Files of one database that are named as missing or damaged; there may be more. */
export const STATUS_DAMAGED_MAX = 20;

/** How a replica fares, what is done there just now, and what is still to be done. */
export type ReplicaStatus = ReplicaHealth &
  ReplicaWork & {
    readonly due: DueCounts;
    /** Stored files that are missing or damaged, of all databases. */
    readonly damaged: number;
  };

/** How far a replica is behind a database. */
export interface ReplicaProgress {
  readonly replica: string;
  /** It has everything up to here; 0 for nothing. */
  readonly txid: Txid;
  /** How long the first transaction that it lacks has waited, ms; 0 when it lacks none. */
  readonly lagMs: number;
}

export interface DatabaseStatus {
  readonly db: string;
  readonly txid: Txid;
  readonly sizeBytes: number;
  /** Effective time of the newest transaction, ms. */
  readonly timestamp: number;
  readonly highWaterMark: Txid;
  readonly withheld: boolean;
  readonly replicas: readonly ReplicaProgress[];
  readonly lastDrill: LastDrill | null;
  /** Stored files that are missing or damaged and not made anew yet, at most `STATUS_DAMAGED_MAX`. */
  readonly damaged: readonly DamagedFileRow[];
}

export interface ServerStatus {
  readonly version: string;
  /** ms. */
  readonly startedAt: number;
  readonly now: number;
  readonly disk: {
    readonly dataDirectory: string;
    readonly totalBytes: number;
    readonly freeBytes: number;
    /** Of the log and its projections. */
    readonly logBytes: number;
    /** Of single transactions. */
    readonly level0Bytes: number;
  };
  readonly replicas: readonly ReplicaStatus[];
  readonly databases: readonly DatabaseStatus[];
  /** The name to go on after; null at the end. */
  readonly next: string | null;
}

export interface StatusDependencies {
  readonly sql: Sql;
  readonly dataDirectory: string;
  /** What is due; left out where nobody here plans. */
  readonly due?: DueWork;
  readonly clock: () => ClockReading;
}

/** How the server and the databases of a cluster fare, from the projections alone: no replica is asked. */
export class StatusReader {
  readonly #deps: StatusDependencies;
  readonly #startedAt: number;

  constructor(dependencies: StatusDependencies) {
    this.#deps = dependencies;
    this.#startedAt = dependencies.clock().wall;
  }

  /** @param page databases behind this name, at most so many */
  async read(
    cluster: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<ServerStatus> {
    const { sql, clock, due } = this.#deps;
    const names = listReplicas(sql);
    const damaged = damagedCounts(sql);
    const databases: DatabaseStatus[] = [];
    for (const state of listDatabases(sql, cluster, page.after)) {
      if (databases.length === page.limit) break;
      databases.push(this.#database(state, names));
    }
    return {
      version: version(),
      startedAt: this.#startedAt,
      now: clock().wall,
      disk: await this.#disk(),
      replicas: names.map((health) => ({
        ...health,
        ...workOn(sql, health.name),
        due: due?.of(health.name).counts ?? NOTHING_DUE,
        damaged: damaged.get(health.name) ?? 0,
      })),
      databases,
      next: databases.length === page.limit ? (databases.at(-1)?.db ?? null) : null,
    };
  }

  #database(state: DatabaseState, names: readonly ReplicaHealth[]): DatabaseStatus {
    const { sql } = this.#deps;
    const { cluster, db, incarnation, pos, commit, pageSize, effectiveTime, withheld } = state;
    const of = [cluster, db, incarnation] as const;
    const txid = pos?.txid ?? 0n;
    return {
      db,
      txid,
      sizeBytes: commit * pageSize,
      timestamp: effectiveTime ?? 0,
      highWaterMark: highWaterMarkOf(sql, ...of),
      withheld,
      replicas: names.map(({ name }) => this.#progress(of, name, txid)),
      lastDrill: lastDrill(sql, cluster, db),
      damaged: damagedFilesOf(sql, of, STATUS_DAMAGED_MAX),
    };
  }

  #progress(of: readonly [string, string, number], replica: string, newest: Txid): ReplicaProgress {
    const { sql, clock } = this.#deps;
    const txid = reachOf(sql, of, replica);
    const waiting = txid >= newest ? null : firstAfter(new LocalPoints(sql, databaseStream(...of)), txid);
    return { replica, txid, lagMs: waiting === null ? 0 : Math.max(0, clock().wall - waiting.effectiveTime) };
  }

  async #disk(): Promise<ServerStatus['disk']> {
    const { sql, dataDirectory } = this.#deps;
    const path = join(dataDirectory, 'lfsb.db');
    const sizes = [path, `${path}-wal`].map((each) => stat(each).then(({ size }) => size, noSize));
    const { blocks, bavail, bsize } = await statfs(dataDirectory);
    const [main = 0, wal = 0] = await Promise.all(sizes);
    return {
      dataDirectory,
      totalBytes: blocks * bsize,
      freeBytes: bavail * bsize,
      logBytes: main + wal,
      level0Bytes: payloadBytesTotal(sql),
    };
  }
}

/** The file comes and goes with the log's connections. */
const noSize = (): number => 0;

/** The first transaction of level 0 after a TXID. */
function firstAfter(local: LocalPoints, txid: Txid): LocalPoint | null {
  const first = local.first();
  if (first === null || first.txid > txid) return first;
  const last = local.lastWhere(first, (point) => point.txid <= txid);
  return last === null ? null : local.first(last.seq + 1);
}
