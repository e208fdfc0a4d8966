import type { StorageConfig } from './storage.ts';

/** Everything the server can be told, typed and checked. */
export interface ServerConfig {
  /** Data directory, as given; the server resolves it. */
  readonly dataPath: string;
  readonly bind: BindAddress;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Largest body that ingest takes, bytes. */
  readonly ingestBytesMax: number;
  /** Where unexpected errors are reported, or null. */
  readonly sentryDsn: string | null;
  readonly storage: StorageConfig;
}

export interface BindAddress {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  /** 0: any free port. */
  readonly port: number;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export const DEFAULT_DATA_PATH = './lfsb-data';
export const DEFAULT_BIND = ':2200';
export const DEFAULT_INGEST_BYTES_MAX = 64 * 1024 ** 3;
