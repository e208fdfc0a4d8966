/** Shortest pause between two looks at a live file, ms. */
export const LOOK_MS_MIN = 100;

/** A database that fails is tried again after so long, ms: doubled each time, up to the longest. */
export const RETRY_MS_MIN = 1_000;
export const RETRY_MS_MAX = 60_000;

/** How often the live file of a database is looked at, ms: as its fastest replica asks, and no less than told. */
export const lookInterval = (
  monitorIntervalMs: number,
  replicas: readonly { readonly syncIntervalMs: number }[],
): number =>
  Math.max(LOOK_MS_MIN, Math.min(monitorIntervalMs, ...replicas.map(({ syncIntervalMs }) => syncIntervalMs)));

/** How long to wait after so many failures in a row, ms. */
export const retryPause = (failures: number): number =>
  Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failures - 1, 16));

/**
 * Whether a replica is due to be validated: one interval after the last time, or after the start when there was
 * none. A clock that went back is not waited for.
 */
export function isValidationDue(
  intervalMs: number | null,
  {
    last,
    startedAt,
    now,
  }: { readonly last: number | null; readonly startedAt: number; readonly now: number },
): boolean {
  if (intervalMs === null) return false;
  const since = last ?? startedAt;
  return now - since >= intervalMs || now < since - intervalMs;
}
