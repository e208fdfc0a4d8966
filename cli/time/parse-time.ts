import { CliError } from '../cli-error.ts';
import { type Civil, exists, localMs, utcMs, withOffset } from './civil.ts';

/** RFC 3339 with a zone; or as `info` prints it: a blank instead of the T, `+0000 UTC` for the zone. */
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2})| \+0000 UTC)$/;

const AGO = /^(\d{1,9}) (second|minute|hour|day|week)s? ago$/i;
const DAY = /^(today|yesterday)(?: (?:at )?(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/i;

const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** A point in time, and what was understood: with this machine's offset, and in UTC. */
export interface UnderstoodTime {
  readonly ms: number;
  readonly utc: string;
  readonly text: string;
}

/**
 * Reads a time as it is given on the command line.
 * @throws CliError `EUSAGE`, before anything is asked of a server
 */
export function parseTime(text: string, now: number): UnderstoodTime {
  const ms = dateTime(text) ?? ago(text, now) ?? day(text, now);
  if (ms === undefined) {
    throw new CliError('EUSAGE', `not a time: ${JSON.stringify(text)}`, HINT);
  }
  const utc = new Date(ms).toISOString();
  return { ms, utc, text: `${withOffset(ms)} (${utc})` };
}

const HINT = 'for example 2026-11-21T14:00:00Z, 2026-11-21T15:00:00+01:00, "2 hours ago", "yesterday 14:00"';

function dateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const civil = { year, month, day, hour, minute, second, milliseconds };
  const [zoneHours, zoneMinutes] = [Number(match[10] ?? 0), Number(match[11] ?? 0)];
  if (!exists(civil) || zoneHours > 23 || zoneMinutes > 59) throw noSuchTime(text);
  const offset = (zoneHours * 60 + zoneMinutes) * 60_000;
  const ms = utcMs(civil) + (match[9] === '-' ? offset : -offset);
  // Years that RFC 3339 cannot write do not go over the wire.
  if (ms < FIRST_MS || ms > LAST_MS) throw noSuchTime(text);
  return ms;
}

const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

type Six = [number, number, number, number, number, number];

function ago(text: string, now: number): number | undefined {
  const match = AGO.exec(text);
  if (match === null) return undefined;
  const ms = now - Number(match[1]) * UNIT_MS[match[2]!.toLowerCase()]!;
  if (ms < FIRST_MS) throw noSuchTime(text);
  return ms;
}

/** A day of the calendar in this machine's zone: yesterday may be 23 or 25 hours long. */
function day(text: string, now: number): number | undefined {
  const match = DAY.exec(text);
  if (match === null) return undefined;
  const noon = new Date(now);
  noon.setHours(12, 0, 0, 0);
  if (match[1]!.toLowerCase() === 'yesterday') noon.setDate(noon.getDate() - 1);
  const [hour, minute, second] = [match[2] ?? 0, match[3] ?? 0, match[4] ?? 0].map(Number);
  const civil: Civil = {
    year: noon.getFullYear(),
    month: noon.getMonth() + 1,
    day: noon.getDate(),
    hour: hour!,
    minute: minute!,
    second: second!,
    milliseconds: 0,
  };
  const ms = exists(civil) ? localMs(civil) : undefined;
  if (ms === undefined) throw noSuchTime(text);
  return ms;
}

const noSuchTime = (text: string): CliError =>
  new CliError('EUSAGE', `there is no such time: ${JSON.stringify(text)}`, HINT);
