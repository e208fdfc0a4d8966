import type { ClockReading } from '../commands/clock.ts';
import type { DueCounts, DueWork } from '../compactor/run/due-work.ts';
import type { ReplicaMeters } from '../compactor/run/meters.ts';
import { readHead } from '../log/head.ts';
import type { SqlConnection } from '../log/index.ts';
import { damagedCounts } from '../projections/damaged-files.ts';
import { payloadBytesTotal } from '../projections/payloads.ts';
import { listReplicas, type ReplicaHealth } from '../projections/replicas.ts';
import type { MeterSnapshot } from '../storage/index.ts';
import { type ReplicaLag, replicaLag } from './replica-lag.ts';
import { type StoredBytes, StoredTally } from './stored-tally.ts';

/** Facts are good for so long, ms: gathering them takes a few milliseconds from those who wait. */
export const FACTS_MS = 5_000;

export interface ReplicaFacts {
  readonly health: ReplicaHealth;
  readonly lag: ReplicaLag;
  readonly due: DueCounts;
  /** Stored files that are missing or damaged. */
  readonly damaged: number;
  /** What threads have counted, each for itself. */
  readonly meters: readonly MeterSnapshot[];
}

/** Effects on a replica that are under way, by what they are; `failed` ones are tried again. */
export interface WorkUnderWay {
  readonly replica: string;
  readonly kind: string;
  readonly failed: boolean;
  readonly count: number;
}

/** What there is to know of long-term storage, for measuring it. */
export interface StorageFacts {
  readonly replicas: readonly ReplicaFacts[];
  readonly stored: readonly StoredBytes[];
  readonly work: readonly WorkUnderWay[];
  readonly level0Bytes: number;
  readonly databases: number;
  readonly events: number;
}

export interface FactsDependencies {
  readonly sql: SqlConnection;
  readonly meters: ReplicaMeters;
  readonly due: DueWork;
  readonly clock: () => ClockReading;
}

/** Gathers the facts, not more often than is of use, whoever asks. */
export class StorageFactsReader {
  readonly #deps: FactsDependencies;
  readonly #tally: StoredTally;
  #last: { readonly at: number; readonly facts: Promise<StorageFacts> } | null = null;

  constructor(dependencies: FactsDependencies) {
    this.#deps = dependencies;
    this.#tally = new StoredTally(dependencies.sql);
  }

  read(): Promise<StorageFacts> {
    const { monotonic } = this.#deps.clock();
    if (this.#last === null || monotonic - this.#last.at >= FACTS_MS) {
      const facts = this.#gather(monotonic);
      this.#last = { at: monotonic, facts };
      facts.catch(() => {
        this.#last = null;
      });
    }
    return this.#last.facts;
  }

  async #gather(monotonic: number): Promise<StorageFacts> {
    const { sql, meters, due } = this.#deps;
    const damaged = damagedCounts(sql);
    const replicas = listReplicas(sql).map((health) => ({
      health,
      lag: replicaLag(sql, health.name),
      due: due.of(health.name).counts,
      damaged: damaged.get(health.name) ?? 0,
      meters: meters.of(health.name),
    }));
    const databases = sql.get('SELECT count(*) AS count FROM database WHERE txid IS NOT NULL');
    return {
      replicas,
      stored: await this.#tally.read(monotonic),
      work: workUnderWay(sql),
      level0Bytes: payloadBytesTotal(sql),
      databases: Number(databases?.['count'] ?? 0),
      events: readHead(sql).seq,
    };
  }
}

const workUnderWay = (sql: SqlConnection): WorkUnderWay[] =>
  sql
    .all(
      `SELECT replica, kind, failed_at IS NOT NULL AS failed, count(*) AS count FROM outbox
         GROUP BY replica, kind, failed ORDER BY replica, kind, failed`,
    )
    .map((row) => ({
      replica: String(row['replica']),
      kind: String(row['kind']),
      failed: row['failed'] === 1,
      count: Number(row['count']),
    }));
