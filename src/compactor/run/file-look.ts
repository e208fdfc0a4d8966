import { createHash } from 'node:crypto';
import { isNotStored, type Replica, StorageError } from '../../storage/index.ts';

/** What a file ought to be. */
export interface ExpectedFile {
  readonly replica: string;
  readonly key: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** What is there. Sizes are in bytes. */
export type FileLook =
  | { readonly kind: 'right' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly sizeBytes: number; readonly sha256: string };

/**
 * Looks at a stored file by itself. It is missing only when the place has no such object by its head and does not list
 * it either, and damaged only when all of it was read and is something else. What is there is not asked for its head: a
 * directory reads that from the file, which may be any bytes.
 * @throws StorageError for whatever says nothing of the file, also where the place contradicts itself
 */
export async function lookAt(place: Replica, { key, sha256 }: ExpectedFile): Promise<FileLook> {
  const body = await bodyOf(place, key);
  if (body === null) {
    if ((await place.head(key)) !== null) throw contradiction(key);
    for await (const object of place.list(key)) if (object.key === key) throw contradiction(key);
    return { kind: 'missing' };
  }
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  const found = hash.digest('hex');
  return found === sha256 ? { kind: 'right' } : { kind: 'damaged', sizeBytes, sha256: found };
}

async function bodyOf(place: Replica, key: string): Promise<AsyncIterable<Uint8Array> | null> {
  try {
    return await place.get(key, { lend: true });
  } catch (error) {
    if (isNotStored(error)) return null;
    throw error;
  }
}

const contradiction = (key: string): StorageError =>
  new StorageError('EUNAVAILABLE', `${key} is there by one answer, and not by another`, { key });
