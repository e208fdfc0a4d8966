import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CliError } from './cli-error.ts';
import { whenInterrupted } from './interrupt.ts';

export interface OutputOptions {
  /** Replace a file that exists. */
  readonly force: boolean;
}

/** Refuses early what `writeOutput` would refuse at the end, before any work is done. */
export async function checkOutput(path: string, { force }: OutputOptions): Promise<void> {
  if (path === '-')
    throw new CliError('EUSAGE', 'the output has to be a file: it is verified before it appears');
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new CliError('EFILEEXISTS', `${path}: is a directory`);
  if (found !== undefined && !found.isFile()) {
    throw new CliError('EFILEEXISTS', `${path}: is no regular file and cannot be replaced`);
  }
  if (found !== undefined && !force) throw exists(path);
}

const exists = (path: string): CliError =>
  new CliError('EFILEEXISTS', `${path}: exists already`, 'add --force to replace it');

/** How a file is made. */
export interface OutputSteps {
  /** Fills the file, which is empty. */
  write(file: FileHandle): Promise<void>;
  /** Reads what was written, and throws when it is not right. */
  verify(draft: string): Promise<void>;
}

/**
 * Makes a file that is either whole and right or not there: it is written beside the target, synced, verified
 * and renamed into place. After an error, an interrupt or a power cut the target is as it was.
 */
export async function writeOutput(
  path: string,
  options: OutputOptions,
  { write, verify }: OutputSteps,
): Promise<void> {
  await checkOutput(path, options);
  const draft = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(draft, 'wx+').catch((error: NodeJS.ErrnoException) => {
    error.path = path;
    throw error;
  });
  const settled = whenInterrupted(() => rmSync(draft, { force: true }));
  try {
    await write(file);
    await whileSyncing(file, () => verify(draft));
    await file.close();
    await (options.force ? rename(draft, path) : publishNew(draft, path));
    await syncFolder(dirname(path));
  } finally {
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
    settled();
  }
}

/** Does something meanwhile; when it is done the file is on disk as it was when that began. */
async function whileSyncing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  const syncing = file.sync();
  // It may fail before the work is done.
  syncing.catch(() => {});
  try {
    await work();
  } finally {
    await Promise.allSettled([syncing]);
  }
  await syncing;
}

/** A rename would replace a file that came into being meanwhile; a link does not. */
async function publishNew(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw exists(path);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    await rename(draft, path);
  }
}

/** A name is durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
