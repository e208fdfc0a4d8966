import { type DrilledFileName, fileDrilledAt } from '../../projections/drills.ts';
import type { Sql } from '../../projections/index.ts';

/** A large file is read once where a drill read it right so lately, ms. */
export const DRILL_GOOD_FOR_MS = 86_400_000;

/** Files that did not prove to be right after a drill had found them so; with more, no drill is believed. */
const DOUBTED_MAX = 1_000;

/** Says of which stored files a drill has lately read every byte, and found it right. */
export class DrilledFiles {
  readonly #sql: Sql;
  readonly #now: () => number;
  /** By SHA-256. */
  readonly #doubted = new Set<string>();

  /** @param now wall clock, ms */
  constructor(sql: Sql, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  /** A drill of the future says nothing: one of the clocks was wrong. */
  isDrilled(file: DrilledFileName & { readonly sha256: string }): boolean {
    if (this.#doubted.has(file.sha256) || this.#doubted.size >= DOUBTED_MAX) return false;
    const at = fileDrilledAt(this.#sql, file);
    const age = at === null ? null : this.#now() - at;
    return age !== null && age >= 0 && age < DRILL_GOOD_FOR_MS;
  }

  /** A file may not be what the drill has read: from now on it is read before it is used, so that another is found. */
  doubt(sha256: string): void {
    if (this.#doubted.size < DOUBTED_MAX) this.#doubted.add(sha256);
  }
}
