import pino from 'pino';
import type { LogFormat, LogLevel } from './config/index.ts';

/** The server's log, as pino has it. */
export type Logger = pino.Logger;

export interface LoggingOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go; standard output unless given. */
  readonly destination?: { write(line: string): void };
}

/**
 * One line an event: JSON, or `2026-01-02T15:04:05.000Z INFO tx stored db=orders.db txid=...` as people and
 * `fly logs` read it.
 */
export function createLogger({ level, format, destination }: LoggingOptions): Logger {
  const out = destination ?? pino.destination({ dest: 1, sync: true });
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err },
  };
  return format === 'json' ? pino(options, out) : pino(options, { write: (line) => out.write(toText(line)) });
}

/** A JSON line of pino's as text: time, level, message, then `key=value` for all else. */
export function toText(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const head = `${String(time)} ${String(level).toUpperCase()} ${String(msg ?? '')}`;
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${textOf(value)}`);
  const trace = err === undefined ? '' : `\n${String((err as { stack?: unknown }).stack ?? textOf(err))}`;
  return `${[head, ...fields].join(' ')}${trace}\n`;
}

const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
};
