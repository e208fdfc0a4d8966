const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

const DURATION = /^(?:([0-9]{1,6})d)?(?:([0-9]{1,8})h)?(?:([0-9]{1,8})m)?(?:([0-9]{1,9})s)?$/;

/** Milliseconds that `90s`, `5m`, `1h30m` or `7d` spell, else undefined. Zero is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null || text === '') return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  const total =
    Number(days) * UNITS_MS.d +
    Number(hours) * UNITS_MS.h +
    Number(minutes) * UNITS_MS.m +
    Number(seconds) * UNITS_MS.s;
  return total > 0 ? total : undefined;
}

/** A duration as start-up lines and reasons spell it: `10s`, `5m0s`, `1h0m0s`, with a fraction where there is one. */
export function formatDuration(milliseconds: number): string {
  const hours = Math.floor(milliseconds / UNITS_MS.h);
  const minutes = Math.floor((milliseconds % UNITS_MS.h) / UNITS_MS.m);
  const seconds = (milliseconds % UNITS_MS.m) / UNITS_MS.s;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
