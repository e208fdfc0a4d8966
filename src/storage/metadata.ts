import { StorageError } from './errors.ts';
import type { Metadata } from './replica.ts';

/** All names and values together, bytes: what S3 takes. */
export const METADATA_BYTES_MAX = 2048;

const VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;
const NAME = /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;

/** `page-size` as `Page-Size`: places may change the case of names, so there is one that everybody hands back. */
export const canonicalName = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');

/** Metadata as a place hands it back, with the names as we write them. */
export const canonicalMetadata = (metadata: Readonly<Record<string, string>> = {}): Metadata =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [canonicalName(name), value]));

/** Throws EINVALID for metadata that some place would refuse, drop or change. */
export function checkMetadata(key: string, metadata: Metadata): void {
  const entries = Object.entries(metadata);
  const bad = entries.find(
    ([name, value]) => !NAME.test(name) || name !== canonicalName(name) || !VALUE.test(value),
  );
  if (bad !== undefined) {
    throw new StorageError('EINVALID', `${key}: metadata ${bad[0]} cannot be stored`, { key });
  }
  const sizeBytes = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (sizeBytes > METADATA_BYTES_MAX) {
    throw new StorageError('EINVALID', `${key}: ${sizeBytes} bytes of metadata`, { key });
  }
}
