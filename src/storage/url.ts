import { fileURLToPath } from 'node:url';
import { LfsbError } from '../errors/index.ts';
import { isSegment } from './keys.ts';

/** Where a replica is, as its URL says. `sftp://` will be one more. */
export type ReplicaLocation =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'directory'; readonly path: string };

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const refuse = (url: string, why: string): LfsbError =>
  new LfsbError('ECONFIG', `replica ${JSON.stringify(url)}: ${why}`, {
    hint: 'use s3://BUCKET/PREFIX or file:///PATH',
  });

/** `s3://bucket/prefix` or `file:///path`. ECONFIG names what is wrong with another. */
export function parseReplicaUrl(url: string): ReplicaLocation {
  if (!URL.canParse(url)) throw refuse(url, 'not a URL');
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') {
    // Not repeated: it would be in the log.
    throw new LfsbError('ECONFIG', 'a replica URL holds credentials; they belong in the environment');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw refuse(url, 'nothing may follow the path');
  if (parsed.protocol === 's3:') return parseS3(url, parsed);
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
