import { fileURLToPath } from 'node:url';
import { LfsbError } from '../errors/index.ts';
import { isSegment } from './keys.ts';
import type { SftpLocation } from './sftp-settings.ts';

/** Where a replica is, as its URL says. */
export type ReplicaLocation =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'directory'; readonly path: string }
  | ({ readonly kind: 'sftp' } & SftpLocation);

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const refuse = (url: string, why: string): LfsbError =>
  new LfsbError('ECONFIG', `replica ${JSON.stringify(url)}: ${why}`, {
    hint: 'use s3://BUCKET/PREFIX, sftp://USER@HOST/PATH or file:///PATH',
  });

/** `s3://bucket/prefix`, `sftp://user@host:port/path` or `file:///path`. ECONFIG names what is wrong with another. */
export function parseReplicaUrl(url: string): ReplicaLocation {
  if (!URL.canParse(url)) throw refuse(url, 'not a URL');
  const parsed = new URL(url);
  if (parsed.password !== '' || (parsed.username !== '' && parsed.protocol !== 'sftp:')) {
    // Not repeated: it would be in the log.
    throw new LfsbError('ECONFIG', 'a replica URL holds credentials; they belong in the environment');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw refuse(url, 'nothing may follow the path');
  if (parsed.protocol === 's3:') return parseS3(url, parsed);
  if (parsed.protocol === 'sftp:') return parseSftp(url, parsed);
  if (parsed.protocol === 'file:') return parseFile(url, parsed);
  throw refuse(url, `${parsed.protocol}// is not supported`);
}

function parseS3(url: string, parsed: URL): ReplicaLocation {
  const bucket = parsed.hostname;
  if (!BUCKET.test(bucket) || parsed.port !== '') throw refuse(url, 'not the name of a bucket');
  const prefix = parsed.pathname.replace(/^\//, '').replace(/\/$/, '');
  if (prefix !== '' && !prefix.split('/').every(isSegment)) {
    throw refuse(url, 'a prefix is made of A-Z a-z 0-9 _ . ~ - between single slashes');
  }
  return { kind: 's3', bucket, prefix };
}

function parseFile(url: string, parsed: URL): ReplicaLocation {
  if (!/^file:\/\/(localhost)?\//i.test(url)) throw refuse(url, 'the path has to be absolute: file:///PATH');
  const path = fileURLToPath(parsed);
  if (path === '/' || path.includes('\0')) throw refuse(url, 'not a directory to fill');
  return { kind: 'directory', path: path.replace(/(?<=.)\/+$/, '') };
}

/** The path is absolute; `/~/` in front of it is the folder that the server logs us into. */
function parseSftp(url: string, parsed: URL): ReplicaLocation {
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (!/^[A-Za-z0-9._:%-]+$/.test(host)) throw refuse(url, 'the host is missing: sftp://USER@HOST/PATH');
  const path = decoded(url, parsed.pathname)
    .replace(/\/+$/, '')
    .replace(/^\/~\//, '');
  const names = path.replace(/^\//, '').split('/');
  if (/[\0\n]/.test(path) || names.some((name) => ['', '.', '..', '~'].includes(name))) {
    throw refuse(url, 'not a folder to fill: sftp://USER@HOST/PATH, or /~/PATH below the home folder');
  }
  const user = parsed.username === '' ? undefined : decoded(url, parsed.username);
  return { kind: 'sftp', host, port: parsed.port === '' ? undefined : Number(parsed.port), user, path };
}

function decoded(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(url, 'a % is not followed by two hex digits');
  }
}
