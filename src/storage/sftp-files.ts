import type { FileEntryWithStats } from 'ssh2';
import { systemCode } from './directory-errors.ts';
import { StorageError } from './errors.ts';
import type { FileEntry, FileStat, Files, NewFile, OpenFile } from './files.ts';
import type { ReplicaSpace } from './replica.ts';
import * as calls from './sftp-calls.ts';
import type { SftpConnection } from './sftp-connection.ts';
import { SftpStatusError } from './sftp-errors.ts';
import type { SftpSession } from './sftp-session.ts';
import { REMOTE_CHUNK_BYTES, REMOTE_PARALLEL_MAX, RemoteFile, RemoteNewFile } from './sftp-transfer.ts';

/** The files below a folder of an SFTP server. */
export class SftpFiles implements Files {
  readonly name: string;
  readonly parallelMax = REMOTE_PARALLEL_MAX;
  readonly chunkBytes = REMOTE_CHUNK_BYTES;
  readonly #connection: SftpConnection;
  readonly #root: string;
  #syncsFolders = true;

  /** @param root absolute, or relative to the folder that the server logs us into */
  constructor(connection: SftpConnection, root: string) {
    this.name = connection.name;
    this.#connection = connection;
    this.#root = root;
  }

  async prepare(folder: string): Promise<void> {
    const session = await this.#session();
    const full = this.#path(folder);
    if ((await calls.statIfThere(session, full)) !== null) return;
    let above = full.startsWith('/') ? '/' : '.';
    for (const path of pathsDownTo(full)) {
      if ((await calls.statIfThere(session, path)) === null) {
        await calls.makeFolder(session, path);
        await this.#sync(session, above);
      }
      above = path;
    }
  }

  async makeFolder(path: string): Promise<void> {
    await calls.makeFolder(await this.#session(), this.#path(path));
  }

  async removeFolder(path: string): Promise<void> {
    const session = await this.#session();
    await session.request<void>('rmdir', (sftp, done) => sftp.rmdir(this.#path(path), done));
  }

  async syncFolder(path: string): Promise<void> {
    await this.#sync(await this.#session(), this.#path(path));
  }

  async *entries(path: string): AsyncGenerator<FileEntry> {
    const session = await this.#session();
    const full = this.#path(path);
    const handle = await session.request<Buffer>('opendir', (sftp, done) => sftp.opendir(full, done));
    try {
      for (let batch = await readNames(session, handle); batch !== null; ) {
        yield* batch.filter(({ filename }) => filename !== '.' && filename !== '..').map(entryOf);
        batch = await readNames(session, handle);
      }
    } finally {
      await calls.closeHandle(session, handle);
    }
  }

  async stat(path: string): Promise<FileStat> {
    return calls.statAt(await this.#session(), this.#path(path));
  }

  async openFile(path: string): Promise<OpenFile> {
    const session = await this.#session();
    const full = this.#path(path);
    const handle = await session.request<Buffer>('open', (sftp, done) => sftp.open(full, 'r', done));
    try {
      return new RemoteFile(session, handle, await calls.statOfHandle(session, handle));
    } catch (error) {
      await calls.closeHandle(session, handle);
      throw error;
    }
  }

  async createFile(path: string): Promise<NewFile> {
    const session = await this.#session();
    const full = this.#path(path);
    const handle = await calls.explained(session, full, 'create', () =>
      session.request<Buffer>('create', (sftp, done) => sftp.open(full, 'wx', done)),
    );
    return new RemoteNewFile(session, handle, full);
  }

  async rename(from: string, to: string): Promise<void> {
    await calls.rename(await this.#session(), this.#path(from), this.#path(to));
  }

  async link(from: string, to: string): Promise<void> {
    await calls.link(await this.#session(), this.#path(from), this.#path(to));
  }

  async removeFile(path: string): Promise<void> {
    await calls.removeFile(await this.#session(), this.#path(path));
  }

  async discard(path: string): Promise<void> {
    // A connection is not made anew for this; the sweep is there for what is left.
    const session = this.#connection.established;
    if (session === null) return;
    try {
      await calls.removeFile(session, this.#path(path));
    } catch (error) {
      if (systemCode(error) === undefined && !(error instanceof StorageError)) throw error;
    }
  }

  async volume(): Promise<string | null> {
    const session = await this.#session();
    const above = pathsDownTo(this.#root).reverse();
    for (const path of [...above, this.#root.startsWith('/') ? '/' : '.']) {
      if ((await calls.statIfThere(session, path)) !== null) return calls.volumeAt(session, path);
    }
    return null;
  }

  async space(): Promise<ReplicaSpace | null> {
    return calls.spaceAt(await this.#session(), this.#path(''));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #session(): Promise<SftpSession> {
    return this.#connection.session();
  }

  #path(path: string): string {
    return path === '' ? this.#root : `${this.#root}/${path.replace(/\/$/, '')}`;
  }

  async #sync(session: SftpSession, path: string): Promise<void> {
    if (this.#syncsFolders) this.#syncsFolders = await calls.syncFolder(session, path);
  }
}

/** `/a/b` is `/a`, `/a/b`; `a/b` is `a`, `a/b`. */
const pathsDownTo = (path: string): string[] => {
  const names = path.split('/');
  return names.map((_, at) => names.slice(0, at + 1).join('/')).filter((each) => each !== '');
};

/** The next names of a folder; null behind the last one. */
async function readNames(session: SftpSession, handle: Buffer): Promise<FileEntryWithStats[] | null> {
  try {
    return await session.request<FileEntryWithStats[]>('readdir', (sftp, done) =>
      sftp.readdir(handle, (error, list) => done(error, list)),
    );
  } catch (error) {
    if (error instanceof SftpStatusError && error.code === 'EOF') return null;
    throw error;
  }
}

function entryOf({ filename: name, attrs }: FileEntryWithStats): FileEntry {
  const stat = calls.statOf(attrs);
  // A link is looked at: its target counts.
  return stat.kind === 'other' ? { name, kind: null, stat: null } : { name, kind: stat.kind, stat };
}
