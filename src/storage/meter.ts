import { StorageError, type StorageErrorCode } from './errors.ts';

export const METERED = ['put', 'get', 'head', 'list', 'delete', 'sweep', 'probe'] as const;
export type MeteredOperation = (typeof METERED)[number];

/** Upper bounds of the latency histogram, ms; one more count is for what is slower. */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

/** What became of the calls of one operation. */
export interface OperationSnapshot {
  /** Ended well, `null` and "not stored" among them. */
  readonly successes: number;
  readonly failures: number;
  readonly failuresByCode: Readonly<Partial<Record<StorageErrorCode | 'OTHER', number>>>;
  /** Taken from sources, or handed out; of failed calls too. */
  readonly bytes: number;
  /** Objects listed, or keys deleted. */
  readonly items: number;
  readonly latencyMsSum: number;
  readonly latencyMsMax: number;
  /** Calls by latency: the first bound that they do not exceed, then those beyond the last. */
  readonly latencyCounts: readonly number[];
}

export interface MeterSnapshot {
  readonly operations: Readonly<Record<MeteredOperation, OperationSnapshot>>;
  /** Unix ms of the last call that the place answered; null before the first. */
  readonly lastSuccessMs: number | null;
  readonly lastFailure: LastFailure | null;
}

export interface LastFailure {
  readonly atMs: number;
  readonly operation: MeteredOperation;
  readonly code: StorageErrorCode | 'OTHER';
  readonly message: string;
}

interface Counts {
  successes: number;
  failures: number;
  failuresByCode: Partial<Record<StorageErrorCode | 'OTHER', number>>;
  bytes: number;
  items: number;
  latencyMsSum: number;
  latencyMsMax: number;
  latencyCounts: number[];
}

const noCounts = (): Counts => ({
  successes: 0,
  failures: 0,
  failuresByCode: {},
  bytes: 0,
  items: 0,
  latencyMsSum: 0,
  latencyMsMax: 0,
  latencyCounts: new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0),
});

/** Counts what a replica does. A few hundred numbers, whatever happens. */
export class StorageMeter {
  readonly #counts = Object.fromEntries(METERED.map((name) => [name, noCounts()])) as Record<
    MeteredOperation,
    Counts
  >;
  readonly #now: () => number;
  #lastSuccessMs: number | null = null;
  #lastFailure: LastFailure | null = null;

  /** `now`: Unix time, ms. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  add(operation: MeteredOperation, what: { readonly bytes?: number; readonly items?: number }): void {
    this.#counts[operation].bytes += what.bytes ?? 0;
    this.#counts[operation].items += what.items ?? 0;
  }

  /** A call ended; with an error, or with `null`. */
  ended(operation: MeteredOperation, latencyMs: number, error: unknown): void {
    const counts = this.#counts[operation];
    counts.latencyMsSum += latencyMs;
    counts.latencyMsMax = Math.max(counts.latencyMsMax, latencyMs);
    const slot = LATENCY_BOUNDS_MS.findIndex((bound) => latencyMs <= bound);
    counts.latencyCounts[slot === -1 ? LATENCY_BOUNDS_MS.length : slot]! += 1;
    if (error === null) {
      counts.successes++;
      this.#lastSuccessMs = this.#now();
      return;
    }
    const code = error instanceof StorageError ? error.code : 'OTHER';
    counts.failures++;
    counts.failuresByCode[code] = (counts.failuresByCode[code] ?? 0) + 1;
    const message = error instanceof Error ? error.message : String(error);
    this.#lastFailure = { atMs: this.#now(), operation, code, message };
  }

  /** A copy, as a plain object. */
  snapshot(): MeterSnapshot {
    return structuredClone({
      operations: this.#counts,
      lastSuccessMs: this.#lastSuccessMs,
      lastFailure: this.#lastFailure,
    });
  }
}
