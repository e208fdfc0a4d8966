import {
  DEFAULT_BIND,
  DEFAULT_DATA_PATH,
  DEFAULT_INGEST_BYTES_MAX,
  type LogFormat,
  type ServerConfig,
} from './config.ts';
import { parseBind, parseLogFormat, parseLogLevel, parseSize } from './parse.ts';
import { loadStorage, STORAGE_VARIABLES } from './replicas.ts';
import { type ConfigFile, type FileSettings, NO_FILE, readServerFile } from './server-file.ts';
import type { StorageConfig } from './storage.ts';

/** Variables that other parts of the program read (`cli.md`). */
const CLIENT_VARIABLES = ['LFSB_CLUSTER', 'LFSB_ENDPOINT', 'LFSB_TOKEN', 'LFSB_DEBUG'];

const SERVER_VARIABLES = [
  'LFSB_CONFIG',
  'LFSB_DATA_PATH',
  'LFSB_BIND',
  'LFSB_LOG_LEVEL',
  'LFSB_LOG_FORMAT',
  'LFSB_INGEST_BYTES_MAX',
];

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings from the command line, as text; each wins over its variable. */
export interface ConfigOverrides {
  readonly dataPath?: string;
  readonly bind?: string;
}

export interface LoadedConfig {
  readonly config: ServerConfig;
  /** What was set and has no effect, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The server's configuration from its environment. An empty variable counts as unset.
 * @param file the configuration file, where there is one; the environment wins over it
 * @param terminal whether the log goes to a terminal: then it is text unless the environment says otherwise
 * @throws LfsbError `ECONFIG`, naming the setting
 */
export function loadConfig(
  env: Environment,
  overrides: ConfigOverrides = {},
  terminal = false,
  file: ConfigFile | null = null,
): LoadedConfig {
  const settings = file === null ? NO_FILE : readServerFile(file, env, process.pid);
  const get = lookup(env, settings);
  const format: LogFormat = terminal ? 'text' : 'json';
  const config: ServerConfig = {
    dataPath: overrides.dataPath ?? get('LFSB_DATA_PATH') ?? DEFAULT_DATA_PATH,
    bind: parseBind('LFSB_BIND', overrides.bind ?? get('LFSB_BIND') ?? DEFAULT_BIND),
    logLevel: parseLogLevel('LFSB_LOG_LEVEL', get('LFSB_LOG_LEVEL') ?? 'info'),
    logFormat: parseLogFormat('LFSB_LOG_FORMAT', get('LFSB_LOG_FORMAT') ?? format),
    ingestBytesMax: parseSize(
      'LFSB_INGEST_BYTES_MAX',
      get('LFSB_INGEST_BYTES_MAX') ?? String(DEFAULT_INGEST_BYTES_MAX),
    ),
    sentryDsn: get('SENTRY_DSN') ?? null,
    storage: storageOf(get, env, settings),
  };
  return { config, warnings: warningsOf(env) };
}

type Get = (name: string) => string | undefined;

/** Settings that are one: where the environment has any of them, the file has none. */
const TOGETHER: readonly (readonly string[])[] = [
  ['LFSB_REPLICAS', 'BUCKET_NAME'],
  ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY', 'AWS_SESSION_TOKEN'],
];

function lookup(env: Environment, { values }: FileSettings): Get {
  return (name) => {
    const together = TOGETHER.find((names) => names.includes(name)) ?? [name];
    return together.some((each) => env[each]) ? env[name] || undefined : values.get(name);
  };
}

function storageOf(get: Get, env: Environment, { required, bandwidth, places }: FileSettings): StorageConfig {
  const set = Object.keys(env).filter((name) => env[name]);
  const storage = loadStorage(get, set);
  const own = [...places].filter(([name]) => !env[name]);
  // Who names other replicas in the environment means those, and the first of them.
  const isListed = own.some(([name]) => name === 'LFSB_REPLICAS') && !env['BUCKET_NAME'];
  return { ...storage, required: (isListed ? required : null) ?? undefined, bandwidth, places: new Map(own) };
}

function warningsOf(env: Environment): string[] {
  const warnings: string[] = [];
  const known = new Set<string>([...CLIENT_VARIABLES, ...SERVER_VARIABLES, ...STORAGE_VARIABLES]);
  for (const name of Object.keys(env).sort()) {
    if (!env[name]) continue;
    if (name.startsWith('LFSB_') && !known.has(name) && !name.startsWith('LFSB_TEST_')) {
      warnings.push(`${name} is not a variable of lfsb: is it misspelled?`);
    }
  }
  return warnings;
}
