import { existsSync } from 'node:fs';
import { chmod, chown, realpath, rm, stat } from 'node:fs/promises';
import { CliError } from '../cli-error.ts';
import { companionOf } from '../import/consistent-copy.ts';
import { checkOutput, type OutputOptions } from '../output-file.ts';

/** What SQLite keeps beside a database, and would apply to whatever file has its name. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const;

/**
 * The file that a restore to `path` replaces or makes: where a link leads.
 * @throws CliError as `requireFree`
 */
export async function targetFile(path: string, options: OutputOptions): Promise<string> {
  const isThere = existsSync(path);
  const target = isThere ? await realpath(path) : path;
  await requireFree(target, options);
  return target;
}

/**
 * Refuses a target that exists, unless forced; one that an application has open, in any case; and a WAL or a journal
 * without its database, unless forced: SQLite would apply it to the restored file.
 * @throws CliError `EFILEEXISTS`, `EINUSE`
 */
async function requireFree(path: string, options: OutputOptions): Promise<void> {
  await checkOutput(path, options);
  const isThere = existsSync(path);
  if (isThere) return requireUnused(path);
  const left = await companionOf(path);
  if (left === undefined || options.force) return;
  throw new CliError(
    'EFILEEXISTS',
    `${path}${left}: is left of a database that is gone, and SQLite would apply it to the restored one`,
    'move it away, or add --force to remove it',
  );
}

/** The last look before the restored file takes the name: nothing of the old database may be left beside it. */
export async function clearTarget(path: string, draft: string, options: OutputOptions): Promise<void> {
  await requireFree(path, options);
  await inherit(path, draft);
  for (const suffix of COMPANIONS) await rm(`${path}${suffix}`, { force: true });
}

/** The restored file belongs to whom the replaced one did: often root restores what an application writes. */
async function inherit(path: string, draft: string): Promise<void> {
  const replaced = await stat(path).catch(() => undefined);
  if (replaced === undefined) return;
  await chmod(draft, replaced.mode & 0o777);
  await chown(draft, replaced.uid, replaced.gid).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM') throw error;
  });
}

/**
 * Refuses a database that somebody has open: in WAL mode each connection holds a lock, in rollback mode each
 * transaction. Closing it folds its WAL in, so that nothing beside it is needed any more.
 */
async function requireUnused(path: string): Promise<void> {
  const { default: Sqlite } = await import('better-sqlite3');
  try {
    const db = new Sqlite(path, { fileMustExist: true, timeout: 0 });
    try {
      db.pragma('locking_mode = EXCLUSIVE');
      db.exec('BEGIN EXCLUSIVE; COMMIT');
    } finally {
      db.close();
    }
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error;
    // What is no database, or a damaged one, is there to be replaced.
    if (!error.code.startsWith('SQLITE_BUSY') && !error.code.startsWith('SQLITE_LOCKED')) return;
    throw new CliError('EINUSE', `${path}: is in use`, 'stop the application and lfsb replicate first');
  }
}
