import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from './directory-errors.ts';
import { type Folders, syncFolder } from './directory-folders.ts';

/** Where files are written before they have their names. No key has a `+` in it. */
const PARTS_FOLDER = '+parts';

/** How often a folder may go, by a pruning under way or by another process, before the file arrives in it. */
const PLACE_ATTEMPTS_MAX = 8;

/**
 * Unfinished files of a directory replica. They lie in one folder at the root, and not beside their final
 * names, so that sweeping them reads one folder and not the whole tree. The folder also tells the replica's
 * root from the empty directory that a lost mount leaves.
 */
export class Parts {
  readonly #root: string;
  readonly #folder: string;
  readonly #folders: Folders;

  constructor(root: string, folders: Folders) {
    this.#root = root;
    this.#folder = join(root, PARTS_FOLDER);
    this.#folders = folders;
  }

  /** Makes the root, if there is none, and the folder; both durable. */
  async prepare(): Promise<void> {
    const first = await mkdir(this.#folder, { recursive: true });
    if (first === undefined) return;
    const top = dirname(first);
    for (let path = dirname(this.#folder); ; path = dirname(path)) {
      await syncFolder(path);
      if (path === top || basename(path) === '') return;
    }
  }

  /** Whether the root is (still) that of a replica. */
  async isThere(): Promise<boolean> {
    try {
      return (await stat(this.#folder)).isDirectory();
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
  }

  /** Whether the file system has hard links, which is how a name is taken only if it is free. */
  async canLink(): Promise<boolean> {
    const part = this.#newPath();
    await (await open(part, 'wx')).close();
    try {
      await link(part, `${part}-link`);
      await unlink(`${part}-link`);
      return true;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    } finally {
      await unlink(part);
    }
  }

  /** Writes and fsyncs chunks, then gives the file its name, a path from the root. Leaves nothing if it fails. */
  async write(path: string, chunks: AsyncIterable<Uint8Array>, exclusive: boolean): Promise<void> {
    const part = this.#newPath();
    const handle = await open(part, 'wx');
    try {
      try {
        for await (const chunk of chunks) {
          let at = 0;
          while (at < chunk.byteLength) at += (await handle.write(chunk, at)).bytesWritten;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      const folder = folderOf(path);
      await this.#folders.expecting(folder, async () => {
        await this.#place(part, path, exclusive);
        await this.#folders.settle(folder);
      });
    } catch (error) {
      await removeIfThere(part);
      throw error;
    }
    if (exclusive) await removeIfThere(part);
  }

  /** Removes the parts that were last written to before `beforeMs`; says how many. */
  async sweep(beforeMs: number): Promise<number> {
    let swept = 0;
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      if ((await modifiedMs(path)) >= beforeMs) continue;
      await removeIfThere(path);
      swept++;
    }
    return swept;
  }

  #newPath(): string {
    return join(this.#folder, randomUUID());
  }

  async #place(part: string, path: string, exclusive: boolean): Promise<void> {
    const move = exclusive ? link : rename;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#folders.make(folderOf(path));
        return await move(part, join(this.#root, path));
      } catch (error) {
        if (systemCode(error) !== 'ENOENT' || attempt >= PLACE_ATTEMPTS_MAX) throw error;
      }
    }
  }
}

/** The folder of a path from the root; empty for the root. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

async function modifiedMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return Number.POSITIVE_INFINITY;
  }
}
