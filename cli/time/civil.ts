/** A date and a time of day as people say them. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milliseconds: number;
}

/** True for a day and a time that exist. */
export function exists({ year, month, day, hour, minute, second }: Civil): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return (
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  );
}

/** Milliseconds since 1970 of a time in UTC. */
export function utcMs({ year, month, day, hour, minute, second, milliseconds }: Civil): number {
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, milliseconds);
}

/** Milliseconds since 1970 of a time in this machine's zone; undefined where the clocks leap over it. */
export function localMs(civil: Civil): number | undefined {
  const date = new Date(2_000, 0, 1);
  date.setFullYear(civil.year, civil.month - 1, civil.day);
  date.setHours(civil.hour, civil.minute, civil.second, civil.milliseconds);
  return date.getHours() === civil.hour && date.getMinutes() === civil.minute ? date.getTime() : undefined;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** A time with this machine's offset, as `2026-11-21T14:00:00.000+01:00`. */
export function withOffset(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
}
