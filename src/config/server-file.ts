import { LfsbError } from '../errors/index.ts';
import { parseBind, parseLogFormat, parseLogLevel, parseSize } from './parse.ts';
import { bucketUrl, REPLICAS_MAX } from './replicas.ts';
import type { Bandwidth } from './storage.ts';
import { expandVariables } from './yaml/expand.ts';
import { BadValue, Findings, findingText } from './yaml/problems.ts';
import { YamlSettings } from './yaml/tree.ts';
import { parseBoolean, parseText } from './yaml/values.ts';

/** A configuration file: its name, for what is said of it, and what it holds. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** What a configuration file says, each setting under the name of its variable, which wins over it. */
export interface FileSettings {
  readonly values: ReadonlyMap<string, string>;
  /** URLs of the replicas that are required; null: the first. */
  readonly required: readonly string[] | null;
  readonly bandwidth: Bandwidth;
  /** Where a variable's value stands, as `FILE:LINE:COLUMN: SETTING`. */
  readonly places: ReadonlyMap<string, string>;
}

export const NO_FILE: FileSettings = { values: new Map(), required: null, bandwidth: {}, places: new Map() };

type Check = (name: string, value: string) => unknown;
const any: Check = () => {};

/** The setting of each variable, and what has to be able to read it. */
const TOP: readonly [key: string, variable: string, check: Check][] = [
  ['data', 'LFSB_DATA_PATH', any],
  ['bind', 'LFSB_BIND', parseBind],
  ['ingest-bytes-max', 'LFSB_INGEST_BYTES_MAX', parseSize],
  ['level0-bytes', 'LFSB_LEVEL0_BYTES', parseSize],
  ['sentry-dsn', 'SENTRY_DSN', any],
];
const LOG: typeof TOP = [
  ['level', 'LFSB_LOG_LEVEL', parseLogLevel],
  ['format', 'LFSB_LOG_FORMAT', parseLogFormat],
];
const S3: typeof TOP = [
  ['endpoint', 'AWS_ENDPOINT_URL_S3', any],
  ['region', 'AWS_REGION', any],
  ['access-key-id', 'AWS_ACCESS_KEY_ID', any],
  ['secret-access-key', 'AWS_SECRET_ACCESS_KEY', any],
  ['session-token', 'AWS_SESSION_TOKEN', any],
];
const SFTP: typeof TOP = [
  ['key-path', 'LFSB_SFTP_KEY_PATH', any],
  ['passphrase', 'LFSB_SFTP_PASSPHRASE', any],
  ['password', 'LFSB_SFTP_PASSWORD', any],
  ['host-key', 'LFSB_SFTP_HOST_KEY', any],
  ['known-hosts', 'LFSB_SFTP_KNOWN_HOSTS', any],
];

/**
 * Reads the server's configuration file. Every setting is known or refused.
 * @param env what `${NAME}` stands for
 * @throws LfsbError `ECONFIG` that names every problem with its line and column
 */
export function readServerFile(
  { path, text }: ConfigFile,
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): FileSettings {
  const findings = new Findings();
  const root = YamlSettings.parse(text, expandVariables(env, pid), findings);
  const reader = new Reader(path);
  reader.takeAll(root, TOP);
  reader.takeAll(root.map('log'), LOG);
  reader.takeAll(root.map('s3'), S3);
  reader.takeAll(root.map('sftp'), SFTP);
  const required = reader.takeReplicas(root);
  reader.takeLevels(root);
  const bandwidth = takeBandwidth(root.map('bandwidth'));
  refuseUnknown(root);
  findings.throwIfBad(path);
  return { values: reader.values, places: reader.places, required, bandwidth };
}

class Reader {
  readonly values = new Map<string, string>();
  readonly places = new Map<string, string>();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  takeAll(settings: YamlSettings | undefined, known: typeof TOP): void {
    if (settings === undefined) return;
    for (const [key, variable, check] of known) {
      const value = settings.take(key, (text) => checked(key, text, check));
      if (value !== undefined) this.#set(settings, key, variable, value);
    }
    if (known !== TOP) refuseUnknown(settings);
  }

  /** `[{url, required}]`; returns which are required, null where none says so. */
  takeReplicas(root: YamlSettings): string[] | null {
    const replicas = root.maps('replicas').map((replica) => {
      const url = replica.take('url', (text) => checked('url', text, refuseComma)) ?? takeBucket(replica);
      if (url === undefined && !replica.has('url') && !replica.has('bucket')) {
        replica.refuse(undefined, 'has no url: s3://BUCKET/PREFIX, sftp://USER@HOST/PATH or file:///PATH');
      }
      const required = replica.take('required', parseBoolean);
      refuseUnknown(replica);
      return { url: url ?? '', required };
    });
    if (replicas.length === 0) return null;
    if (replicas.length > REPLICAS_MAX) {
      root.refuse('replicas', `are ${replicas.length}, at most ${REPLICAS_MAX} are kept`);
    }
    this.#set(root, 'replicas', 'LFSB_REPLICAS', replicas.map(({ url }) => url).join(','));
    if (replicas.every(({ required }) => required === undefined)) return null;
    const required = replicas.filter((each) => each.required === true).map(({ url }) => url);
    if (required.length === 0)
      root.refuse('replicas', 'have none that is required: nothing would ever be safe');
    return required;
  }

  /** `levels: [{level, interval, retention}]` and `snapshot: {interval, retention}`, as their variables spell them. */
  takeLevels(root: YamlSettings): void {
    const levels = root.maps('levels').map((each) => {
      const level = each.take('level', parseText) ?? missing(each, 'level');
      return `${level}:${takeTimes(each)}`;
    });
    if (levels.length > 0) this.#set(root, 'levels', 'LFSB_LEVELS', levels.join(','));
    const snapshot = root.map('snapshot');
    if (snapshot !== undefined) this.#set(root, 'snapshot', 'LFSB_SNAPSHOT', takeTimes(snapshot));
  }

  #set(settings: YamlSettings, key: string, variable: string, value: string): void {
    this.values.set(variable, value);
    this.places.set(variable, findingText(this.#path, { ...settings.place(key), setting: key, message: '' }));
  }
}

/** What reads a variable says what is wrong with a value. */
function checked(name: string, text: string, check: Check): string {
  try {
    check(name, text);
    return text;
  } catch (error) {
    throw error instanceof LfsbError ? new BadValue(error.message) : error;
  }
}

function refuseComma(_name: string, url: string): void {
  if (url.includes(',')) throw new BadValue('is not one URL: it holds a comma');
}

/** A bucket of its own name, with `prefix`. */
function takeBucket(replica: YamlSettings): string | undefined {
  const prefix = replica.take('prefix', parseText);
  const bucket = replica.take('bucket', (text) => {
    checked('bucket', text, (_name, value) => bucketUrl(value));
    return text;
  });
  return bucket === undefined ? undefined : `s3://${bucket}${prefix === undefined ? '' : `/${prefix}`}`;
}

function takeTimes(settings: YamlSettings): string {
  const [interval, retention] = (['interval', 'retention'] as const).map(
    (key) => settings.take(key, parseText) ?? missing(settings, key),
  );
  refuseUnknown(settings);
  return `${interval}:${retention}`;
}

function missing(settings: YamlSettings, key: string): string {
  if (!settings.has(key)) settings.refuse(undefined, `has no ${key}`);
  return '';
}

/** `bandwidth: {upload, download}`, bytes a second. */
function takeBandwidth(settings: YamlSettings | undefined): Bandwidth {
  if (settings === undefined) return {};
  const size = (text: string): number => {
    checked('size', text, parseSize);
    return parseSize('size', text);
  };
  const limits = {
    uploadBytesPerSecond: settings.take('upload', size),
    downloadBytesPerSecond: settings.take('download', size),
  };
  refuseUnknown(settings);
  return limits;
}

function refuseUnknown(settings: YamlSettings): void {
  for (const key of settings.left()) {
    const hint = key === 'dbs' ? ': databases of this machine are replicated by "lfsb replicate"' : '';
    settings.refuse(key, `is no setting of the server${hint}`);
  }
}
