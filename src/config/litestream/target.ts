import { Secret } from '../secret.ts';
import { BadValue } from '../yaml/problems.ts';
import { parseBoolean, parseCount, parseOneOf, parseText } from '../yaml/values.ts';
import { parseTargetUrl, refusedType, type UrlTarget } from './target-url.ts';
import type { FileTarget, ReplicaSettings, ReplicaTarget, S3Target, SftpTarget } from './types.ts';

/** Settings of a place that may stand at the top, for all replicas. */
export const SHARED_KEYS = [
  'access-key-id',
  'secret-access-key',
  'region',
  'endpoint',
  'force-path-style',
  'user',
  'password',
  'key-path',
  'passphrase',
  'host-key',
  'known-hosts',
] as const;
type SharedKey = (typeof SHARED_KEYS)[number];

/** Which settings belong to which type; on another one they would be dropped in silence. */
const KEYS_OF: Readonly<Record<ReplicaTarget['type'], readonly string[]>> = {
  s3: ['bucket', 'region', 'endpoint', 'access-key-id', 'secret-access-key', 'force-path-style'],
  sftp: ['host', 'port', 'user', 'password', 'key-path', 'passphrase', 'host-key', 'known-hosts'],
  file: [],
};

/**
 * Where a replica is: its URL, or its type and parts; what it does not say may be said for all at the top.
 * Undefined, with the problem told, when it is nowhere.
 */
export function takeTarget(
  replica: ReplicaSettings,
  shared: ReplicaSettings,
  absolute: (path: string) => string,
): ReplicaTarget | undefined {
  const url = replica.take('url', (text) => parseTargetUrl(text, absolute));
  const type = takeType(replica, url);
  if (type === undefined || (replica.has('url') && url === undefined)) return undefined;
  if (replica.has('url') && replica.has('path')) replica.refuse('path', 'the url has a path already');
  const own = new Taken(replica, shared);
  for (const [other, keys] of Object.entries(KEYS_OF)) {
    if (other === type) continue;
    for (const key of keys.filter((each) => replica.has(each)))
      replica.warn(key, `has no effect on a replica of type ${type}`);
  }
  switch (type) {
    case 's3':
      return s3Target(own, url?.type === 's3' ? url : undefined);
    case 'sftp':
      return sftpTarget(own, url?.type === 'sftp' ? url : undefined);
    case 'file':
      return fileTarget(own, url?.type === 'file' ? url : undefined, absolute);
  }
}

/** Reads a setting where it stands: with the replica, or for all. */
class Taken {
  readonly replica: ReplicaSettings;
  readonly #shared: ReplicaSettings;

  constructor(replica: ReplicaSettings, shared: ReplicaSettings) {
    this.replica = replica;
    this.#shared = shared;
  }

  text(key: SharedKey | 'path' | 'bucket' | 'host'): string | undefined {
    return this.one(key, parseText);
  }

  secret(key: SharedKey): Secret | undefined {
    return this.one(key, (text) => new Secret(text));
  }

  texts(key: SharedKey): string[] {
    return (this.replica.has(key) ? this.replica : this.#shared).texts(key);
  }

  one<T>(key: string, parse: (text: string) => T): T | undefined {
    const shared = (SHARED_KEYS as readonly string[]).includes(key) && !this.replica.has(key);
    return (shared ? this.#shared : this.replica).take(key, parse);
  }
}

function takeType(replica: ReplicaSettings, url: UrlTarget | undefined): ReplicaTarget['type'] | undefined {
  const before = replica.has('type');
  const said = replica.take('type', (text) => {
    const refused = refusedType(text.toLowerCase());
    if (refused !== undefined) throw new BadValue(refused);
    return parseOneOf('s3', 'sftp', 'file')(text);
  });
  if (before && said === undefined) return undefined;
  if (said !== undefined && url !== undefined && said !== url.type) {
    replica.refuse('type', `is ${said}, and the url is one of type ${url.type}`);
    return undefined;
  }
  return url?.type ?? said ?? 'file';
}

type UrlOf<T extends UrlTarget['type']> = Extract<UrlTarget, { readonly type: T }>;

function s3Target(own: Taken, url: UrlOf<'s3'> | undefined): S3Target | undefined {
  const bucket = own.text('bucket') ?? url?.bucket;
  const accessKeyId = own.text('access-key-id');
  const secretAccessKey = own.secret('secret-access-key');
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? 'access-key-id' : 'secret-access-key';
    own.replica.refuse(
      undefined,
      `${missing} is missing: a key and its secret are set together or not at all`,
    );
  }
  const prefix = (own.text('path') ?? url?.prefix ?? '').replace(/^\/+|\/+$/g, '');
  const endpoint = own.one('endpoint', parseEndpoint) ?? url?.endpoint;
  if (bucket === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    own.replica.refuse(
      own.replica.has('bucket') ? 'bucket' : undefined,
      `has no bucket: ${bucket ?? 'none is named'}`,
    );
    return undefined;
  }
  if (!/^([A-Za-z0-9_.~-]+(\/(?!$)|$))*$/.test(prefix)) {
    own.replica.refuse(
      own.replica.has('path') ? 'path' : 'url',
      'may have A-Z a-z 0-9 _ . ~ - between single slashes',
    );
  }
  return {
    type: 's3',
    bucket,
    prefix,
    endpoint,
    region: own.text('region') ?? url?.region,
    forcePathStyle: own.one('force-path-style', parseBoolean) ?? url?.forcePathStyle,
    accessKeyId,
    secretAccessKey,
  };
}

/** Litestream takes a host alone for one that speaks https. */
function parseEndpoint(text: string): string {
  const url = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (/^https?:\/\/[^/?#@\s]+\/?$/i.test(url)) return url.replace(/\/$/, '');
  throw new BadValue(`${JSON.stringify(text)} is not an http:// or https:// URL of a host`);
}

function sftpTarget(own: Taken, url: UrlOf<'sftp'> | undefined): SftpTarget | undefined {
  const named = own.one('host', parseHost);
  const host = named?.host ?? url?.host;
  const path = (own.text('path') ?? url?.path ?? '').replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
  if (host === undefined) {
    own.replica.refuse(undefined, 'has no host: give one, or a url as sftp://USER@HOST/PATH');
    return undefined;
  }
  if (path.split('/').some((name) => name === '.' || name === '..')) {
    own.replica.refuse(own.replica.has('path') ? 'path' : 'url', 'may not go through . or ..');
  }
  if (path === '' || path === '/') {
    own.replica.refuse(undefined, 'has no path: not a folder to fill');
    return undefined;
  }
  return {
    type: 'sftp',
    host,
    port: own.one('port', parseCount(1, 65_535)) ?? named?.port ?? url?.port,
    user: own.text('user') ?? url?.user,
    path: path.startsWith('/') ? path : `/~/${path}`,
    password: own.secret('password') ?? url?.password,
    keyPath: own.text('key-path'),
    passphrase: own.secret('passphrase'),
    hostKeys: own.texts('host-key'),
    knownHostsPath: own.text('known-hosts'),
  };
}

/** `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`. */
function parseHost(text: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?$/.exec(text);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (match === null || (port ?? 1) > 65_535)
    throw new BadValue(`${JSON.stringify(text)} is not a host, or HOST:PORT`);
  return { host: (match[1] ?? match[2])!, port };
}

function fileTarget(
  own: Taken,
  url: UrlOf<'file'> | undefined,
  absolute: (path: string) => string,
): FileTarget | undefined {
  const path = own.one('path', absolute) ?? url?.path;
  if (path !== undefined && path !== '/') return { type: 'file', path };
  own.replica.refuse(undefined, 'has neither a url nor a path');
  return undefined;
}
