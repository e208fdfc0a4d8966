/** Restores and checks at once: each has up to 32 files open, and holds some blocks of each. */
export const RESTORES_MAX = 2;

/** Requests that wait for their turn to restore. */
export const RESTORES_WAITING_MAX = 32;
export const RESTORES_WAIT_MS_MAX = 20_000;

/** Times that a restore is compared with a database that moves on meanwhile. */
export const RESTORE_COMPARISONS_MAX = 3;

/**
 * Times that a restore of all pages, which no move of the database makes wrong, is given the header for where
 * the database is then: that costs one reading of the file for its hash. Meanwhile only what was on its way to
 * be committed still moves the database.
 */
export const RESTORE_MOVES_MAX = 8;

/** Points listed in one answer, unless fewer are asked for. */
export const INFO_POINTS_MAX = 10_000_000;
