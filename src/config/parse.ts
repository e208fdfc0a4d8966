import { LfsbError } from '../errors/index.ts';
import { type BindAddress, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './config.ts';

/** A setting that cannot be understood: the message names it, what it was, and what it may be. */
export const badSetting = (name: string, value: string, expected: string): LfsbError =>
  new LfsbError('ECONFIG', `${name}=${value} is not ${expected}`, {
    hint: `set ${name} to ${expected}, or unset it`,
  });

/** `:2200`, `127.0.0.1:2200`, `[::1]:2200`. */
export function parseBind(name: string, value: string): BindAddress {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.%]+)\]|(?<host>[^:[\]]*)):(?<port>[0-9]{1,5})$/.exec(value);
  const port = Number(match?.groups?.['port']);
  if (match === null || port > 65_535)
    throw badSetting(name, value, 'an address such as ":2200" or "127.0.0.1:2200"');
  const host = match.groups?.['six'] ?? match.groups?.['host'];
  return { host: host === '' ? undefined : host, port };
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** A size: a whole number of bytes, or of KiB, MiB, GiB, TiB. */
export function parseSize(name: string, value: string): number {
  const match = /^([0-9]{1,15})(KiB|MiB|GiB|TiB)?$/.exec(value);
  const bytes = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw badSetting(name, value, 'a size such as "64MiB"');
  return bytes;
}

export function parseLogLevel(name: string, value: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === value);
  if (level === undefined) throw badSetting(name, value, `one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

export function parseLogFormat(name: string, value: string): LogFormat {
  const format = LOG_FORMATS.find((each) => each === value);
  if (format === undefined) throw badSetting(name, value, `one of ${LOG_FORMATS.join(', ')}`);
  return format;
}
