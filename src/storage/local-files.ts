import { constants, type Dirent, type Stats } from 'node:fs';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  opendir,
  rename,
  rmdir,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from './directory-errors.ts';
import type { FileEntry, FileStat, Files, NewFile, OpenFile } from './files.ts';
import type { ReplicaSpace } from './replica.ts';
import { SyncAhead } from './sync-ahead.ts';

/** Names that one read of a folder asks for. */
const NAMES_AT_ONCE = 256;

/** The files below a folder of this machine. */
export class LocalFiles implements Files {
  readonly name: string;
  readonly parallelMax = 1;
  readonly chunkBytes = 256 * 1024;

  /** @param root absolute path */
  constructor(root: string) {
    this.name = root;
  }

  async prepare(folder: string): Promise<void> {
    const path = this.#path(folder);
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    const top = dirname(first);
    for (let at = dirname(path); ; at = dirname(at)) {
      await syncFolder(at);
      if (at === top || basename(at) === '') return;
    }
  }

  async makeFolder(path: string): Promise<void> {
    await mkdir(this.#path(path));
  }

  removeFolder(path: string): Promise<void> {
    return rmdir(this.#path(path));
  }

  syncFolder(path: string): Promise<void> {
    return syncFolder(this.#path(path));
  }

  async *entries(path: string): AsyncGenerator<FileEntry> {
    const folder = await opendir(this.#path(path), { bufferSize: NAMES_AT_ONCE });
    for await (const entry of folder) yield { name: entry.name, kind: kindOfEntry(entry), stat: null };
  }

  async stat(path: string): Promise<FileStat> {
    return statOf(await stat(this.#path(path)));
  }

  async openFile(path: string): Promise<OpenFile> {
    const handle = await open(this.#path(path), 'r');
    try {
      const found = statOf(await handle.stat());
      return {
        stat: found,
        read: (offset, length, into) => readAt(handle, offset, into?.subarray(0, length) ?? length),
        close: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async createFile(path: string): Promise<NewFile> {
    const handle = await open(this.#path(path), 'wx');
    const ahead = new SyncAhead(handle);
    return {
      write: async (chunk) => {
        let at = 0;
        while (at < chunk.byteLength) at += (await handle.write(chunk, at)).bytesWritten;
        await ahead.wrote(at);
      },
      sync: async () => {
        await ahead.settled();
        await handle.sync();
      },
      close: async () => {
        await Promise.allSettled([ahead.settled()]);
        await handle.close();
      },
    };
  }

  rename(from: string, to: string): Promise<void> {
    return rename(this.#path(from), this.#path(to));
  }

  link(from: string, to: string): Promise<void> {
    return link(this.#path(from), this.#path(to));
  }

  removeFile(path: string): Promise<void> {
    return unlink(this.#path(path));
  }

  async discard(path: string): Promise<void> {
    try {
      await unlink(this.#path(path));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }

  async volume(): Promise<string> {
    for (let at = this.name; ; at = dirname(at)) {
      try {
        return String((await stat(at)).dev);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT' || at === dirname(at)) throw error;
      }
    }
  }

  async space(): Promise<ReplicaSpace> {
    const { bsize, bavail, blocks } = await statfs(this.name);
    return { freeBytes: bsize * bavail, totalBytes: bsize * blocks };
  }

  async close(): Promise<void> {}

  #path(path: string): string {
    return join(this.name, path);
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @param into what is filled, or how much there is to read */
async function readAt(handle: FileHandle, offset: number, into: Uint8Array | number): Promise<Uint8Array> {
  const buffer = typeof into === 'number' ? Buffer.allocUnsafe(into) : into;
  let filled = 0;
  while (filled < buffer.byteLength) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.byteLength - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

const statOf = (found: Stats): FileStat => ({
  kind: kindOf(found),
  sizeBytes: found.size,
  modifiedMs: Math.trunc(found.mtimeMs),
});

function kindOf(found: Stats | Dirent): FileStat['kind'] {
  if (found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'other';
}

/** Links, and file systems that do not say in a listing what a name is, have to be looked at. */
function kindOfEntry(entry: Dirent): FileStat['kind'] | null {
  const kind = kindOf(entry);
  return kind === 'other' ? null : kind;
}
