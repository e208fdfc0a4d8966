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
  readonly date: MeteredDate | null;
}

/** The newest of the dates that the place's answers had, and how many there were. */
export interface MeteredDate {
  readonly count: number;
  readonly dateMs: number;
  readonly ageMs: number;
}

export interface LastFailure {
  readonly atMs: number;
  readonly operation: MeteredOperation;
  readonly code: StorageErrorCode | 'OTHER';
  readonly message: string;
}

/** The last one stands for all that are not among them. */
const CODES: readonly string[] = [
  'ENOTSTORED',
  'ECONFLICT',
  'EDENIED',
  'EUNAVAILABLE',
  'EINVALID',
  'EHOSTKEY',
  'OTHER',
];

/** Where an operation's numbers are, from its first. */
const AT = {
  successes: 0,
  failures: 1,
  bytes: 2,
  items: 3,
  latencyMsSum: 4,
  latencyMsMax: 5,
  codes: 6,
} as const;
const LATENCY_AT = AT.codes + CODES.length;
const NUMBERS = LATENCY_AT + LATENCY_BOUNDS_MS.length + 1;

/** Where the numbers of the place itself are, behind those of the operations. */
const PLACE_AT = METERED.length * NUMBERS;
const PLACE = { lastSuccessMs: 0, dates: 1, dateMs: 2, dateAtMs: 3 } as const;

const METER_BYTES = 8 * (PLACE_AT + Object.keys(PLACE).length);

/**
 * Counts what a replica does. A few hundred numbers, whatever happens, in memory that threads may share: one
 * writes, and any may read, also when the writer is gone.
 */
export class StorageMeter {
  /** What another thread makes a meter of, to read or to go on from. */
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Float64Array;
  readonly #now: () => number;
  #lastFailure: LastFailure | null = null;

  /** `now`: Unix time, ms. */
  constructor(now: () => number = Date.now, memory: SharedArrayBuffer = new SharedArrayBuffer(METER_BYTES)) {
    this.#now = now;
    this.memory = memory;
    this.#numbers = new Float64Array(memory);
  }

  add(operation: MeteredOperation, what: { readonly bytes?: number; readonly items?: number }): void {
    this.#add(operation, AT.bytes, what.bytes ?? 0);
    this.#add(operation, AT.items, what.items ?? 0);
  }

  /** A call ended; with an error, or with `null`. */
  ended(operation: MeteredOperation, latencyMs: number, error: unknown): void {
    this.#add(operation, AT.latencyMsSum, latencyMs);
    const max = at(operation) + AT.latencyMsMax;
    this.#numbers[max] = Math.max(this.#numbers[max]!, latencyMs);
    const slot = LATENCY_BOUNDS_MS.findIndex((bound) => latencyMs <= bound);
    this.#add(operation, LATENCY_AT + (slot === -1 ? LATENCY_BOUNDS_MS.length : slot), 1);
    if (error === null) {
      this.#add(operation, AT.successes, 1);
      this.#numbers[PLACE_AT + PLACE.lastSuccessMs] = this.#now();
      return;
    }
    const code = error instanceof StorageError ? error.code : 'OTHER';
    this.#add(operation, AT.failures, 1);
    this.#add(operation, AT.codes + (CODES.includes(code) ? CODES.indexOf(code) : CODES.length - 1), 1);
    const message = error instanceof Error ? error.message : String(error);
    this.#lastFailure = { atMs: this.#now(), operation, code, message };
  }

  /** The place said what time it is, `ageMs` ago. */
  dated(dateMs: number, ageMs: number): void {
    this.#numbers[PLACE_AT + PLACE.dateMs] = dateMs;
    this.#numbers[PLACE_AT + PLACE.dateAtMs] = processMs() - ageMs;
    this.#numbers[PLACE_AT + PLACE.dates]! += 1;
  }

  /** A copy, as a plain object. The last failure is that of this thread. */
  snapshot(): MeterSnapshot {
    const place = (what: keyof typeof PLACE): number => this.#numbers[PLACE_AT + PLACE[what]]!;
    return {
      operations: Object.fromEntries(METERED.map((name) => [name, this.#operation(name)])) as Record<
        MeteredOperation,
        OperationSnapshot
      >,
      lastSuccessMs: place('lastSuccessMs') || null,
      lastFailure: this.#lastFailure,
      date:
        place('dates') === 0
          ? null
          : { count: place('dates'), dateMs: place('dateMs'), ageMs: processMs() - place('dateAtMs') },
    };
  }

  #operation(operation: MeteredOperation): OperationSnapshot {
    const from = at(operation);
    const number = (what: number): number => this.#numbers[from + what]!;
    const codes = CODES.map((code, i) => [code, number(AT.codes + i)] as const);
    return {
      successes: number(AT.successes),
      failures: number(AT.failures),
      failuresByCode: Object.fromEntries(codes.filter(([, count]) => count > 0)),
      bytes: number(AT.bytes),
      items: number(AT.items),
      latencyMsSum: number(AT.latencyMsSum),
      latencyMsMax: number(AT.latencyMsMax),
      latencyCounts: [...this.#numbers.subarray(from + LATENCY_AT, from + NUMBERS)],
    };
  }

  #add(operation: MeteredOperation, what: number, count: number): void {
    this.#numbers[at(operation) + what]! += count;
  }
}

const at = (operation: MeteredOperation): number => METERED.indexOf(operation) * NUMBERS;

/** A monotonic clock that all threads of the process have in common, ms. */
const processMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;
