import type { Stats } from 'ssh2';
import { StorageError } from './errors.ts';
import type { FileStat } from './files.ts';
import type { ReplicaSpace } from './replica.ts';
import { isFailure, isNotOffered, SftpStatusError } from './sftp-errors.ts';
import type { SftpSession } from './sftp-session.ts';

/** With less room than this, bytes, a server that says no more than "failure" is full. */
const FULL_BYTES = 256 * 1024;

/** Codes of an open that say that the server does not open folders to fsync them. */
const NO_FOLDERS = ['EFAILURE', 'EACCES', 'EISDIR', 'ENOSYS'];

export const statOf = (stats: Stats): FileStat => ({
  kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
  sizeBytes: stats.size,
  modifiedMs: stats.mtime * 1000,
});

export async function statAt(session: SftpSession, path: string): Promise<FileStat> {
  return statOf(await session.request<Stats>('stat', (sftp, done) => sftp.stat(path, done)));
}

export async function statOfHandle(session: SftpSession, handle: Buffer): Promise<FileStat> {
  return statOf(await session.request<Stats>('fstat', (sftp, done) => sftp.fstat(handle, done)));
}

export async function statIfThere(session: SftpSession, path: string): Promise<FileStat | null> {
  try {
    return await statAt(session, path);
  } catch (error) {
    if (error instanceof SftpStatusError && error.code === 'ENOENT') return null;
    throw error;
  }
}

export async function makeFolder(session: SftpSession, path: string): Promise<void> {
  await explained(session, path, 'mkdir', async () => {
    try {
      await session.request<void>('mkdir', (sftp, done) => sftp.mkdir(path, done));
    } catch (error) {
      const found = isFailure(error) ? await statIfThere(session, path) : null;
      if (found !== null) throw taken(found.kind === 'folder' ? 'EEXIST' : 'ENOTDIR', 'mkdir', error);
      throw error;
    }
  });
}

export async function removeFile(session: SftpSession, path: string): Promise<void> {
  try {
    await session.request<void>('unlink', (sftp, done) => sftp.unlink(path, done));
  } catch (error) {
    const found = isFailure(error) ? await statIfThere(session, path) : null;
    if (found?.kind === 'folder') throw taken('EISDIR', 'unlink', error);
    throw error;
  }
}

/** EEXIST where the name is taken; ENOSYS where the server has no links. */
export async function link(session: SftpSession, from: string, to: string): Promise<void> {
  try {
    await session.request<void>('link', (sftp, done) => sftp.ext_openssh_hardlink(from, to, done));
  } catch (error) {
    const found = isFailure(error) ? await statIfThere(session, to) : null;
    if (found !== null) throw taken(found.kind === 'folder' ? 'EISDIR' : 'EEXIST', 'link', error);
    throw error;
  }
}

/** Gives a file a name, in place of the file that has it: at once where the server can. */
export async function rename(session: SftpSession, from: string, to: string): Promise<void> {
  try {
    await session.request<void>('rename', (sftp, done) => sftp.ext_openssh_rename(from, to, done));
  } catch (error) {
    if (isNotOffered(error)) return replaceBySteps(session, from, to);
    const found = isFailure(error) ? await statIfThere(session, to) : null;
    if (found?.kind === 'folder') throw taken('EISDIR', 'rename', error);
    throw error;
  }
}

/**
 * Without posix-rename a name that is taken cannot be given anew: the old file steps aside first, and comes
 * back if that was in vain. In between, and after a cut just there, there is nothing under the name.
 */
async function replaceBySteps(session: SftpSession, from: string, to: string): Promise<void> {
  const move = (old: string, name: string): Promise<void> =>
    session.request<void>('rename', (sftp, done) => sftp.rename(old, name, done));
  try {
    return await move(from, to);
  } catch (error) {
    const found = isFailure(error) ? await statIfThere(session, to) : null;
    if (found === null) throw error;
    if (found.kind === 'folder') throw taken('EISDIR', 'rename', error);
  }
  const aside = `${from}-replaced`;
  await move(to, aside);
  try {
    await move(from, to);
  } catch (error) {
    await move(aside, to);
    throw error;
  }
  await removeFile(session, aside);
}

/**
 * Makes the names in a folder durable by an fsync of the folder, as OpenSSH on Linux does it. False where the
 * server does not.
 */
export async function syncFolder(session: SftpSession, path: string): Promise<boolean> {
  let handle: Buffer;
  try {
    handle = await session.request<Buffer>('open', (sftp, done) => sftp.open(path, 'r', done));
  } catch (error) {
    if (error instanceof SftpStatusError && NO_FOLDERS.includes(error.code)) return false;
    throw error;
  }
  try {
    return await syncHandle(session, handle);
  } finally {
    await closeHandle(session, handle);
  }
}

/** Makes what is behind a handle durable; false where the server does not offer that. */
export async function syncHandle(session: SftpSession, handle: Buffer): Promise<boolean> {
  try {
    await session.request<void>('fsync', (sftp, done) => sftp.ext_openssh_fsync(handle, done));
    return true;
  } catch (error) {
    if (isNotOffered(error)) return false;
    throw error;
  }
}

/** A connection that is gone has closed the handle. */
export async function closeHandle(session: SftpSession, handle: Buffer): Promise<void> {
  try {
    await session.request<void>('close', (sftp, done) => sftp.close(handle, done));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}

/** Null where the server does not say. */
export async function spaceAt(session: SftpSession, path: string): Promise<ReplicaSpace | null> {
  const found = await statvfs(session, path);
  if (found === null) return null;
  const unit = unitOf(found);
  return { freeBytes: unit * Number(found['f_bavail']), totalBytes: unit * Number(found['f_blocks']) };
}

/** What tells the file system of a path from others: its id, which some leave empty, and its size. Null as above. */
export async function volumeAt(session: SftpSession, path: string): Promise<string | null> {
  const found = await statvfs(session, path);
  return found === null ? null : `${found['f_sid']}:${unitOf(found)}:${found['f_blocks']}`;
}

type Statvfs = Readonly<Record<string, number | bigint>>;

const unitOf = (found: Statvfs): number => Number(found['f_frsize']) || Number(found['f_bsize']);

async function statvfs(session: SftpSession, path: string): Promise<Statvfs | null> {
  try {
    return await session.request<Statvfs>('statvfs', (sftp, done) => sftp.ext_openssh_statvfs(path, done));
  } catch (error) {
    if (isNotOffered(error) || isFailure(error)) return null;
    throw error;
  }
}

/** Does `work`, and finds out whether a failure that the server does not explain is a full disk. */
export async function explained<T>(
  session: SftpSession,
  path: string,
  syscall: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const space = isFailure(error)
      ? await spaceAt(session, path.slice(0, path.lastIndexOf('/')) || '.')
      : null;
    if (space === null || space.freeBytes >= FULL_BYTES) throw error;
    const message = `no space left on the server, ${space.freeBytes} of ${space.totalBytes} bytes are free`;
    throw new SftpStatusError('ENOSPC', syscall, message, error);
  }
}

const taken = (code: string, syscall: string, cause: unknown): SftpStatusError =>
  new SftpStatusError(
    code,
    syscall,
    code === 'EEXIST' ? 'it is there already' : 'something else is there',
    cause,
  );
