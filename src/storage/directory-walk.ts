import type { Dirent, Stats } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './directory-errors.ts';
import { isSegment } from './keys.ts';

/** Names of one folder held at a time; a larger folder is read again for the next ones. */
export const NAMES_MAX = 10_000;

/** A file below a root. */
export interface WalkedFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface WalkOptions {
  readonly root: string;
  /** Only paths that start so. */
  readonly prefix: string;
  /** Only paths behind this one. */
  readonly after: string;
  readonly namesMax?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The files below a root in the order of their paths' bytes, holding a bounded number of names. Names that
 * cannot be part of a key, our own unfinished files among them, are passed over.
 */
export async function* walk(options: WalkOptions, folder = ''): AsyncGenerator<WalkedFile> {
  let last = '';
  const namesMax = options.namesMax ?? NAMES_MAX;
  while (true) {
    const names = await firstNames(options, folder, last, namesMax);
    for (const name of names) {
      options.signal?.throwIfAborted();
      if (name.endsWith('/')) yield* walk(options, folder + name);
      else yield* fileAt(options.root, folder + name);
    }
    if (names.length < namesMax) return;
    last = names.at(-1)!;
  }
}

/**
 * The first names of a folder behind `last`, in order. A folder's name ends with a slash, and is put in order
 * with it: `a-b/x` comes before `a/x`.
 */
async function firstNames(
  options: WalkOptions,
  folder: string,
  last: string,
  namesMax: number,
): Promise<string[]> {
  let names: string[] = [];
  const keepFirst = (): void => {
    names.sort();
    names = names.slice(0, namesMax);
  };
  try {
    for await (const entry of await opendir(join(options.root, folder), { bufferSize: 256 })) {
      const name = await orderedName(join(options.root, folder), entry);
      if (name === null || name <= last || !concerns(options, folder + name)) continue;
      names.push(name);
      if (names.length >= 2 * namesMax) keepFirst();
    }
  } catch (error) {
    // A folder that went away meanwhile; the caller checks that the root did not.
    if (systemCode(error) !== 'ENOENT' || folder === '') throw error;
  }
  keepFirst();
  return names;
}

async function orderedName(folder: string, entry: Dirent): Promise<string | null> {
  if (!isSegment(entry.name)) return null;
  if (entry.isFile()) return entry.name;
  if (entry.isDirectory()) return `${entry.name}/`;
  // Links, and file systems that do not say in a listing what a name is.
  const found = await statIfThere(join(folder, entry.name));
  if (found === null) return null;
  if (found.isDirectory()) return `${entry.name}/`;
  return found.isFile() ? entry.name : null;
}

/** Whether a file, or anything in a folder, can be among the paths asked for. */
function concerns({ prefix, after }: WalkOptions, path: string): boolean {
  if (!path.endsWith('/')) return path.startsWith(prefix) && path > after;
  return (path.startsWith(prefix) || prefix.startsWith(path)) && (path > after || after.startsWith(path));
}

async function* fileAt(root: string, path: string): AsyncGenerator<WalkedFile> {
  const found = await statIfThere(join(root, path));
  if (found?.isFile()) yield { path, sizeBytes: found.size, modifiedMs: Math.trunc(found.mtimeMs) };
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
