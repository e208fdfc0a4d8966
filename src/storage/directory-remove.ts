import { directoryError, systemCode } from './directory-errors.ts';
import { type Folders, folderOf } from './directory-folders.ts';
import { StorageError } from './errors.ts';
import type { Files } from './files.ts';
import type { DeleteOutcome } from './replica.ts';
import { shortKey } from './short-names.ts';

/** Deletes files and the folders that are empty then; each key's outcome is known only after the fsyncs. */
export async function removeFiles(
  files: Files,
  folders: Folders,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<DeleteOutcome[]> {
  const errors = new Map<string, StorageError>();
  const touched = new Map<string, string[]>();
  const queue = keys.values();
  const removeNext = async (): Promise<void> => {
    for (const key of queue) {
      signal?.throwIfAborted();
      const path = shortKey(key);
      const error = await attempt(key, () => files.removeFile(path));
      if (error !== null) errors.set(key, error);
      else addTo(touched, folderOf(path), key);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: files.parallelMax }, removeNext));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
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
