import type { RecordedEvent } from '../events/event.ts';

/** A value SQLite stores. Integers come back as numbers: what passes 2^53 is kept as text or a blob. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** A row by its column names. */
export type SqlRow = Record<string, SqlValue>;

/** The database as a projection or a handler sees it: plain statements, prepared once and kept. */
export interface Sql {
  /** Runs a statement that returns no rows; tells how many rows it changed. */
  run(text: string, ...params: readonly SqlValue[]): { readonly changes: number };
  /** The first row, or undefined. */
  get<R = SqlRow>(text: string, ...params: readonly SqlValue[]): R | undefined;
  /** Every row: for results whose size has a limit. */
  all<R = SqlRow>(text: string, ...params: readonly SqlValue[]): R[];
}

/**
 * A read model that follows from the log alone. It is applied in the transaction that appends, and rebuilt
 * from zero, or from a checkpoint, when its version changes; so `apply` reads nothing but its own tables and the event: no clock,
 * no randomness, no other projection's tables.
 */
export interface Projection {
  readonly name: string;
  /** Raised whenever `tables` or what `apply` writes changes. */
  readonly version: number;
  /** CREATE statements (STRICT tables, their indexes), in order. */
  readonly tables: readonly string[];
  /** DROP ... IF EXISTS statements that undo `tables`. */
  readonly drop: readonly string[];
  /**
   * For a version above 1, or a projection that is new: statements that fill its empty tables from those of a
   * checkpoint (`base.projection_{table}`) with the version that is the key, 0 where that did not know it. Events before a
   * checkpoint may have left the log for good.
   */
  readonly fromCheckpoint?: Readonly<Record<number, readonly string[]>>;
  apply(sql: Sql, event: RecordedEvent): void;
}
