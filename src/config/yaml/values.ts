import { BadValue } from './problems.ts';

/** Nanoseconds of each unit of a duration. */
const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const PART = /([0-9]{1,18})(?:\.([0-9]{1,9}))?(ns|us|µs|μs|ms|s|m|h)/y;
const NS_PER_MS = 1_000_000n;

/** Longest duration, ms: a hundred years. */
const DURATION_MS_MAX = 100 * 366 * 86_400_000;

/**
 * A duration as Go's `time.ParseDuration` takes it, whole: `1h30m`, `24h`, `300ms`, `1.5h`, `0`.
 * @returns ms; parts of one count up
 * @throws BadValue
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  let ns = 0n;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length || text === '') {
    const part = PART.exec(text);
    if (part === null) throw notADuration(text);
    const [, whole = '', fraction = '', unit = ''] = part;
    ns += BigInt(whole) * UNIT_NS[unit]!;
    ns += (BigInt(fraction || '0') * UNIT_NS[unit]!) / 10n ** BigInt(fraction.length);
  }
  const ms = Number((ns + NS_PER_MS - 1n) / NS_PER_MS);
  if (ms > DURATION_MS_MAX) throw new BadValue(`${text} is longer than a hundred years`);
  return ms;
}

function notADuration(text: string): BadValue {
  const days = /^([0-9]+)\s*(d|day|days|w|week|weeks)$/.exec(text);
  if (days !== null) {
    const hours = Number(days[1]) * (days[2]!.startsWith('w') ? 168 : 24);
    return new BadValue(`${text} has no unit that is known: write ${hours}h`);
  }
  if (/^[0-9.]+$/.test(text))
    return new BadValue(`${text} has no unit: write ${text}s, ${text}m or ${text}h`);
  return new BadValue(`${JSON.stringify(text)} is not a duration such as 1h30m, 24h or 300ms`);
}

/** A duration of more than nothing. */
export function parsePositiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new BadValue(`${text} is no time at all: it has to be more than 0`);
  return ms;
}

/** A duration, 0 standing for never. */
export const parseIntervalOrNever = (text: string): number | null => parseDuration(text) || null;

/** A whole number from `min` to `max`, in digits alone. */
export const parseCount =
  (min: number, max: number) =>
  (text: string): number => {
    const count = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= min && count <= max) return count;
    throw new BadValue(`${JSON.stringify(text)} is not a whole number from ${min} to ${max}`);
  };

/** `true` or `false`, and YAML 1.1's other words for them. */
export function parseBoolean(text: string): boolean {
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  throw new BadValue(`${JSON.stringify(text)} is neither true nor false`);
}

export const parseText = (text: string): string => text;

/** One of the words given. */
export const parseOneOf =
  <T extends string>(...words: readonly T[]) =>
  (text: string): T => {
    const found = words.find((word) => word === text.toLowerCase());
    if (found !== undefined) return found;
    throw new BadValue(`${JSON.stringify(text)} is none of ${words.join(', ')}`);
  };
