import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sql, SqlValue } from '../projections/index.ts';

/** Rows summed up before others get their turn. */
const PAGE_ROWS = 2_000;

/** A tally is good for so long, ms: it reads the whole catalogue. */
export const TALLY_MS = 60_000;

/** What a level takes on a replica. */
export interface StoredBytes {
  readonly replica: string;
  readonly level: number;
  readonly files: number;
  readonly bytes: number;
}

const KEY = 'cluster, db, incarnation, replica, level, max_txid, min_txid';
const FIRST: readonly SqlValue[] = ['', '', 0, '', 0, '', ''];

/** Sums up what is stored, a page at a time, so that nothing waits for it; not more often than is of use. */
export class StoredTally {
  readonly #sql: Sql;
  #last: readonly StoredBytes[] = [];
  #at = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** @param now monotonic, ms */
  async read(now: number): Promise<readonly StoredBytes[]> {
    if (now - this.#at >= TALLY_MS) {
      this.#running ??= this.#sum(now).finally(() => {
        this.#running = null;
      });
      await this.#running;
    }
    return this.#last;
  }

  async #sum(now: number): Promise<void> {
    const sums = new Map<string, StoredBytes>();
    for (let after = FIRST; ; await nextTurn()) {
      const rows = this.#sql.all(
        `SELECT ${KEY}, size_bytes FROM stored_file WHERE (${KEY}) > (?, ?, ?, ?, ?, ?, ?) ORDER BY ${KEY} LIMIT ?`,
        ...after,
        PAGE_ROWS,
      );
      for (const row of rows) {
        const [replica, level] = [String(row['replica']), Number(row['level'])];
        const sum = sums.get(`${level} ${replica}`) ?? { replica, level, files: 0, bytes: 0 };
        const bytes = sum.bytes + Number(row['size_bytes']);
        sums.set(`${level} ${replica}`, { ...sum, files: sum.files + 1, bytes });
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) break;
      after = KEY.split(', ').map((name) => last[name] ?? null);
    }
    this.#last = [...sums.values()];
    this.#at = now;
  }
}
