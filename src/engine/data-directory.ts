import { constants, existsSync } from 'node:fs';
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { LfsbError } from '../errors/index.ts';
import { syncDirectory } from './spool.ts';

/** The paths of a data directory. */
export interface DataDirectory {
  readonly root: string;
  /** The log, its projections, and small payloads. */
  readonly database: string;
  /** Larger payloads, a file each. */
  readonly spool: string;
  /** What can be made again: intermediate files of merges. Emptied at start. */
  readonly cache: string;
  /** Gives the lock up. */
  release(): void;
}

/**
 * Makes a data directory ready and locks it for this process.
 * @throws LfsbError `EDATADIR` when it cannot be written, or another process holds it
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const root = resolve(path);
  const directory = {
    root,
    database: join(root, 'lfsb.db'),
    spool: join(root, 'spool'),
    cache: join(root, 'cache'),
  };
  try {
    await makeDirectories(directory);
    for (const each of [root, directory.spool, directory.cache])
      await access(each, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LfsbError('EDATADIR', `cannot use the data directory ${root}: ${why}`, {
      hint: 'set LFSB_DATA_PATH to a directory that this user may write',
      cause,
    });
  }
  const release = lock(root);
  await emptyCache(directory.cache);
  return { ...directory, release };
}

/** Makes what is missing, and its names durable: a file that was synced is lost with the directory it is in. */
async function makeDirectories({
  root,
  database,
  spool,
  cache,
}: Omit<DataDirectory, 'release'>): Promise<void> {
  const topmost = await makeDirectory(root);
  // Without a database, a start before this one may have been killed between the two steps.
  if (topmost !== undefined || !existsSync(database)) await syncNames(root, topmost ?? root);
  for (const each of [spool, cache]) await makeDirectory(each);
  await syncDirectory(root);
}

/**
 * Makes a directory and those above it; returns the topmost that was missing. Node's own recursive `mkdir` goes
 * round for ever where the kernel answers ENOENT below a directory that exists, as in /proc.
 */
async function makeDirectory(path: string): Promise<string | undefined> {
  if (existsSync(path)) return undefined;
  const above = await makeDirectory(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return above ?? path;
}

/** Syncs the directory that holds `path`, and so on up to the one that holds `topmost`. */
async function syncNames(path: string, topmost: string): Promise<void> {
  for (let at = path; ; at = dirname(at)) {
    await syncDirectory(dirname(at));
    if (at === topmost) return;
  }
}

/**
 * A lock that ends with the process however it ends: an exclusive transaction on a SQLite file of its own,
 * which nothing else opens (closing a descriptor would drop this process's POSIX locks on it).
 */
function lock(root: string): () => void {
  let database: Database.Database | undefined;
  try {
    database = new Database(join(root, 'lock'), { timeout: 0 });
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    const busy = cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
    const why = busy ? 'another lfsb is using it' : cause instanceof Error ? cause.message : String(cause);
    throw new LfsbError('EDATADIR', `cannot lock the data directory ${root}: ${why}`, {
      hint: busy
        ? 'stop the other process, or set LFSB_DATA_PATH to another directory'
        : 'check its permissions',
      cause,
    });
  }
  const held = database;
  return () => held.close();
}

async function emptyCache(cache: string): Promise<void> {
  for (const name of await readdir(cache)) await rm(join(cache, name), { recursive: true, force: true });
}
