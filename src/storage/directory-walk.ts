import { systemCode } from './directory-errors.ts';
import type { FileEntry, FileStat, Files } from './files.ts';
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
  readonly files: Files;
  /** Only paths that start so. */
  readonly prefix: string;
  /** Only paths behind this one. */
  readonly after: string;
  readonly namesMax?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A name of a folder; a folder's ends with a slash. */
interface Named {
  readonly name: string;
  /** As the listing of the folder had it. */
  readonly stat: FileStat | null;
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
    for (const { name, stat } of names) {
      options.signal?.throwIfAborted();
      if (name.endsWith('/')) yield* walk(options, folder + name);
      else yield* fileAt(options.files, folder + name, stat);
    }
    if (names.length < namesMax) return;
    last = names.at(-1)!.name;
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
): Promise<Named[]> {
  const { files } = options;
  let names: Named[] = [];
  const keepFirst = (): void => {
    names.sort((a, b) => (a.name < b.name ? -1 : 1));
    names = names.slice(0, namesMax);
  };
  try {
    for await (const entry of files.entries(folder)) {
      const named = await orderedName(files, folder, entry);
      if (named === null || named.name <= last || !concerns(options, folder + named.name)) continue;
      names.push(named);
      if (names.length >= 2 * namesMax) keepFirst();
    }
  } catch (error) {
    // A folder that went away meanwhile; the caller checks that the root did not.
    if (systemCode(error) !== 'ENOENT' || folder === '') throw error;
  }
  keepFirst();
  return names;
}

async function orderedName(files: Files, folder: string, entry: FileEntry): Promise<Named | null> {
  const { name } = entry;
  if (!isSegment(name)) return null;
  const stat = entry.kind === null ? await statIfThere(files, folder + name) : entry.stat;
  switch (entry.kind ?? stat?.kind) {
    case 'file':
      return { name, stat };
    case 'folder':
      return { name: `${name}/`, stat };
    default:
      return null;
  }
}

/** Whether a file, or anything in a folder, can be among the paths asked for. */
function concerns({ prefix, after }: WalkOptions, path: string): boolean {
  if (!path.endsWith('/')) return path.startsWith(prefix) && path > after;
  return (path.startsWith(prefix) || prefix.startsWith(path)) && (path > after || after.startsWith(path));
}

async function* fileAt(files: Files, path: string, known: FileStat | null): AsyncGenerator<WalkedFile> {
  const found = known ?? (await statIfThere(files, path));
  if (found?.kind !== 'file') return;
  yield { path, sizeBytes: found.sizeBytes, modifiedMs: found.modifiedMs };
}

async function statIfThere(files: Files, path: string): Promise<FileStat | null> {
  try {
    return await files.stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
