/** Drills at once: each reads whole databases from a replica. */
export const DRILLS_MAX = 1;

/** Requests that wait for their turn, and how long, ms. */
export const DRILLS_WAITING_MAX = 8;
export const DRILLS_WAIT_MS_MAX = 20_000;

/** Characters of an error that the event of a drill keeps. */
export const DRILL_MESSAGE_CHARS_MAX = 1_000;
