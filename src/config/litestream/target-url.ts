import { Secret } from '../secret.ts';
import { BadValue } from '../yaml/problems.ts';
import { parseS3Host } from './s3-host.ts';
import type { FileTarget, S3Target, SftpTarget } from './types.ts';

/** What a URL says of a replica. */
export type UrlTarget =
  | ({ readonly type: 's3' } & Pick<S3Target, 'bucket' | 'prefix' | 'endpoint' | 'region' | 'forcePathStyle'>)
  | FileTarget
  | ({ readonly type: 'sftp' } & Pick<SftpTarget, 'host' | 'port' | 'user' | 'path' | 'password'>);

/** Places of Litestream's that we do not have. */
const REFUSED: Readonly<Record<string, string>> = {
  abs: 'Azure Blob Storage',
  gs: 'Google Cloud Storage',
  gcs: 'Google Cloud Storage',
  nats: 'NATS',
  webdav: 'WebDAV',
  webdavs: 'WebDAV',
  oss: 'Alibaba OSS',
};

/** Why a type of replica is refused, or undefined. */
export const refusedType = (type: string): string | undefined =>
  REFUSED[type] === undefined
    ? undefined
    : `${type}: ${REFUSED[type]} is not supported, only s3, sftp and file are`;

/**
 * `s3://`, `sftp://`, `file://`, or a plain path.
 * @param absolute makes a path absolute
 * @throws BadValue
 */
export function parseTargetUrl(url: string, absolute: (path: string) => string): UrlTarget {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return { type: 'file', path: absolute(url) };
  const refused = refusedType(scheme);
  if (refused !== undefined) throw new BadValue(refused);
  if (scheme === 'file') return { type: 'file', path: filePath(url, absolute) };
  if (!URL.canParse(url)) throw new BadValue('is not a URL');
  const parsed = new URL(url);
  if (parsed.hash !== '') throw new BadValue('nothing may follow a #: write it as %23');
  if (scheme === 's3') return s3Of(parsed);
  if (scheme === 'sftp') return sftpOf(parsed);
  throw new BadValue(`${scheme}:// is not supported, only s3://, sftp:// and file:// are`);
}

/** As Litestream has it, `file://relative` starts where the program does. */
const filePath = (url: string, absolute: (path: string) => string): string =>
  absolute(decoded(url.replace(/^file:\/\/(localhost(?=\/))?/i, '')));

function s3Of(url: URL): UrlTarget {
  if (url.username !== '' || url.password !== '') {
    throw new BadValue('a URL of a bucket holds no keys: set access-key-id and secret-access-key');
  }
  const host = parseS3Host(url.hostname, url.port);
  const query = Object.fromEntries(url.searchParams);
  const unknown = Object.keys(query).find((name) => !['endpoint', 'region', 'forcePathStyle'].includes(name));
  if (unknown !== undefined) throw new BadValue(`${unknown} is nothing that a URL of a bucket can say`);
  const forced = query['forcePathStyle'];
  return {
    type: 's3',
    ...host,
    prefix: decoded(url.pathname).replace(/^\/+|\/+$/g, ''),
    endpoint: query['endpoint'] ?? host.endpoint,
    region: query['region'] ?? host.region,
    forcePathStyle: forced === undefined ? host.forcePathStyle : forced === 'true',
  };
}

function sftpOf(url: URL): UrlTarget {
  if (url.hostname === '') throw new BadValue('the host is missing: sftp://USER@HOST/PATH');
  if (url.search !== '') throw new BadValue('nothing may follow a ?: write it as %3F');
  const password = url.password === '' ? undefined : new Secret(decoded(url.password));
  return {
    type: 'sftp',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    user: url.username === '' ? undefined : decoded(url.username),
    path: decoded(url.pathname),
    password,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadValue('a % is not followed by two hex digits');
  }
}
