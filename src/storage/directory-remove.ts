import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { directoryError, systemCode } from './directory-errors.ts';
import type { Folders } from './directory-folders.ts';
import { folderOf } from './directory-parts.ts';
import { StorageError } from './errors.ts';
import type { DeleteOutcome } from './replica.ts';
import { shortKey } from './short-names.ts';

/** Deletes files and the folders that are empty then; each key's outcome is known only after the fsyncs. */
export async function removeFiles(
  root: string,
  folders: Folders,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<DeleteOutcome[]> {
  const errors = new Map<string, StorageError>();
  const touched = new Map<string, string[]>();
  for (const key of keys) {
    signal?.throwIfAborted();
    const path = shortKey(key);
    const folder = folderOf(path);
    const error = await attempt(key, () => unlink(join(root, path)));
    if (error !== null) errors.set(key, error);
    else addTo(touched, folder, key);
  }
  for (const [folder, deleted] of touched) {
    const error = await attempt(folder, () => folders.prune(folder));
    if (error !== null) for (const key of deleted) errors.set(key, error);
  }
  return keys.map((key) => ({ key, error: errors.get(key) ?? null }));
}

async function attempt(key: string, work: () => Promise<void>): Promise<StorageError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    // ENOTDIR: a file is where the key has a folder.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null;
    const failure = directoryError(error, key);
    if (failure instanceof StorageError) return failure;
    throw error;
  }
}

function addTo(groups: Map<string, string[]>, name: string, key: string): void {
  const group = groups.get(name);
  if (group === undefined) groups.set(name, [key]);
  else group.push(key);
}
