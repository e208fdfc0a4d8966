import { randomUUID } from 'node:crypto';
import { systemCode } from './directory-errors.ts';
import { type Folders, folderOf } from './directory-folders.ts';
import type { Files } from './files.ts';

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
  readonly #files: Files;
  readonly #folders: Folders;

  constructor(files: Files, folders: Folders) {
    this.#files = files;
    this.#folders = folders;
  }

  /** Makes the root, if there is none, and the folder; both durable. */
  prepare(): Promise<void> {
    return this.#files.prepare(PARTS_FOLDER);
  }

  /** Whether the root is (still) that of a replica. */
  async isThere(): Promise<boolean> {
    try {
      return (await this.#files.stat(PARTS_FOLDER)).kind === 'folder';
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
  }

  /** Whether the file system has hard links, which is how a name is taken only if it is free. */
  async canLink(): Promise<boolean> {
    const part = newPath();
    await (await this.#files.createFile(part)).close();
    try {
      await this.#files.link(part, `${part}-link`);
      await this.#files.removeFile(`${part}-link`);
      return true;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    } finally {
      await this.#files.discard(part);
    }
  }

  /** Writes and fsyncs chunks, then gives the file its name, a path from the root. Leaves nothing if it fails. */
  async write(path: string, chunks: AsyncIterable<Uint8Array>, exclusive: boolean): Promise<void> {
    const part = newPath();
    const file = await this.#files.createFile(part);
    try {
      try {
        for await (const chunk of chunks) await file.write(chunk);
        await file.sync();
      } finally {
        await file.close();
      }
      const folder = folderOf(path);
      await this.#folders.expecting(folder, async () => {
        await this.#place(part, path, exclusive);
        await this.#folders.settle(folder);
      });
    } catch (error) {
      await this.#files.discard(part);
      throw error;
    }
    if (exclusive) await this.#files.discard(part);
  }

  /** Removes the parts that were last written to before `beforeMs`; says how many. */
  async sweep(beforeMs: number): Promise<number> {
    const old: string[] = [];
    for await (const { name, stat } of this.#files.entries(PARTS_FOLDER)) {
      const path = `${PARTS_FOLDER}/${name}`;
      if ((stat?.modifiedMs ?? (await this.#modifiedMs(path))) < beforeMs) old.push(path);
    }
    for (const path of old) await this.#removeIfThere(path);
    return old.length;
  }

  async #place(part: string, path: string, exclusive: boolean): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#folders.make(folderOf(path));
        return await (exclusive ? this.#files.link(part, path) : this.#files.rename(part, path));
      } catch (error) {
        if (systemCode(error) !== 'ENOENT' || attempt >= PLACE_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async #removeIfThere(path: string): Promise<void> {
    try {
      await this.#files.removeFile(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  async #modifiedMs(path: string): Promise<number> {
    try {
      return (await this.#files.stat(path)).modifiedMs;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      return Number.POSITIVE_INFINITY;
    }
  }
}

const newPath = (): string => `${PARTS_FOLDER}/${randomUUID()}`;
