import type { SqlConnection } from './sql.ts';

/** Frames that wait in the WAL before the checkpointer is asked to copy them into the database. */
export const CHECKPOINT_PAGES = 2_000;

/** Frames in the WAL from which on the writer sees to it that the WAL starts over. */
export const WAL_RESTART_PAGES = 8_000;

/** The most the writer itself copies for that, between two batches: what came in during a checkpoint. */
export const WRITER_CHECKPOINT_PAGES_MAX = 1_000;

/** Frames in the WAL from which on commits are held up until it can start over. */
export const WAL_PAGES_MAX = 32_000;

/** How long that holds up one batch at most, ms; for a reader, once in so many frames. */
export const CHECKPOINT_WAIT_MS = 200;
export const READERS_WAIT_PAGES = 4_000;

/** Frames in the WAL, and how many of them are in the database already. */
export interface WalState {
  readonly log: number;
  readonly checkpointed: number;
}

/** A checkpointer in another thread. */
export interface Checkpointer {
  /** True from a request until what it asked for is done. */
  readonly underway: boolean;
  request(): void;
  /** Blocks until it is done, or for so long. */
  wait(milliseconds: number): void;
}

type Mode = 'NOOP' | 'PASSIVE' | 'RESTART';

/** Checkpoints as far as `mode` allows and tells where the WAL is; NOOP only tells (3 us). */
export function checkpoint(sql: SqlConnection, mode: Mode): WalState & { readonly busy: number } {
  const state = sql.get<WalState & { busy: number }>(`PRAGMA wal_checkpoint(${mode})`);
  return state ?? { busy: 0, log: 0, checkpointed: 0 };
}

/**
 * Keeps the WAL short while commits go on without a pause.
 *
 * A checkpointer in a thread of its own copies most of it, off the commit path. But while it works, more is
 * committed, and SQLite starts the WAL over only when all of it is copied and nobody reads it: so, when it has
 * grown long, the writer copies the short rest itself between two batches. When the checkpointer cannot keep up,
 * or a reader keeps the WAL from starting over, the writer waits for them, for a limited time each.
 */
export class WalKeeper {
  readonly #sql: SqlConnection;
  readonly #checkpointer: Checkpointer;
  readonly #onHeld: (state: WalState) => void;
  #waitAgainAt = WAL_PAGES_MAX;

  /** @param onHeld a reader has kept the WAL from starting over, and waiting did not help */
  constructor(sql: SqlConnection, checkpointer: Checkpointer, onHeld: (state: WalState) => void) {
    this.#sql = sql;
    this.#checkpointer = checkpointer;
    this.#onHeld = onHeld;
  }

  /** Called between batches. */
  afterBatch(): void {
    const state = checkpoint(this.#sql, 'NOOP');
    const isFull = state.log >= WAL_PAGES_MAX;
    if (isFull) this.#checkpointer.wait(CHECKPOINT_WAIT_MS);
    else this.#waitAgainAt = WAL_PAGES_MAX;
    // Two checkpoints at once are refused by SQLite.
    if (this.#checkpointer.underway) return;
    const waiting = state.log - state.checkpointed;
    if (state.log >= this.#waitAgainAt) this.#waitForReaders(state.log);
    else if (state.log >= WAL_RESTART_PAGES && waiting > 0 && waiting <= WRITER_CHECKPOINT_PAGES_MAX) {
      // All copied: the next commit starts the WAL over, unless a reader is in it.
      checkpoint(this.#sql, 'PASSIVE');
    } else if (waiting >= CHECKPOINT_PAGES) this.#checkpointer.request();
  }

  #waitForReaders(log: number): void {
    const timeout = Number(this.#sql.db.pragma('busy_timeout', { simple: true }));
    this.#sql.db.pragma(`busy_timeout = ${CHECKPOINT_WAIT_MS}`);
    const after = checkpoint(this.#sql, 'RESTART');
    this.#sql.db.pragma(`busy_timeout = ${timeout}`);
    if (after.busy === 0) return;
    this.#waitAgainAt = log + READERS_WAIT_PAGES;
    this.#onHeld(after);
  }
}
