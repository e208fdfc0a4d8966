/** RFC 3339, section 5.6: date, time, any fraction, a zone. Letters in either case. */
const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/i;

const MINUTE_MS = 60_000;

/** The years that RFC 3339 can write, ms. */
const FIRST_MS = Date.UTC(2000, 0, 1) - 730_485 * 86_400_000;
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Milliseconds since 1970 UTC that an RFC 3339 timestamp means, its fraction cut off there; undefined where it is
 * none, or names a day or a time that does not exist.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  const [zoneHours, zoneMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || zoneHours > 23 || zoneMinutes > 59) return undefined;
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, milliseconds);
  const offset = (zoneHours * 60 + zoneMinutes) * MINUTE_MS;
  return date.getTime() - (match[8] === '-' ? -offset : offset);
}

type Six = [number, number, number, number, number, number];

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** A time as answers have it, `2006-01-02T15:04:05.000Z`. What no year can hold is the first or last that can. */
export const formatTimestamp = (milliseconds: number): string =>
  new Date(Math.min(Math.max(milliseconds, FIRST_MS), LAST_MS)).toISOString();
