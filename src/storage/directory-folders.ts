import { systemCode } from './directory-errors.ts';
import type { Files } from './files.ts';

/** Folders remembered as durable; then it starts again, which costs a few fsyncs. */
const KNOWN_MAX = 10_000;

/** The folder of a path from the root; empty for the root. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The parts of a relative path: `a/b/c` is `a`, `a/b`, `a/b/c`. */
const ancestry = (folder: string): string[] =>
  folder === '' ? [] : folder.split('/').map((_, at, names) => names.slice(0, at + 1).join('/'));

/**
 * The folders below a root. A folder is there for good once its parent has been fsynced after it was made, by
 * whichever call needed it first; this remembers for which ones that is so.
 */
export class Folders {
  readonly #files: Files;
  readonly #durable = new Set<string>();
  /** How many calls are about to put something into a folder; as many entries as there are calls. */
  readonly #expecting = new Map<string, number>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Runs `work`, which puts something into `folder`; until it is done nobody begins to prune the folder. */
  async expecting<T>(folder: string, work: () => Promise<T>): Promise<T> {
    const paths = ancestry(folder);
    for (const path of paths) this.#expecting.set(path, (this.#expecting.get(path) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const path of paths) {
        const left = this.#expecting.get(path)! - 1;
        if (left === 0) this.#expecting.delete(path);
        else this.#expecting.set(path, left);
      }
    }
  }

  /** The root was emptied: nothing below it is there for good any more. */
  forget(): void {
    this.#durable.clear();
  }

  /** Makes the folders of a relative path that are missing. The root is never made: it may be a lost mount. */
  async make(folder: string): Promise<void> {
    for (const path of ancestry(folder)) {
      if (this.#durable.has(path)) continue;
      try {
        await this.#files.makeFolder(path);
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
    }
  }

  /**
   * Makes a name in `folder`, and the folder itself, survive a power cut. To be called when the name is in
   * it: from then on `prune` cannot take the folder away, so what is found durable here stays so.
   */
  async settle(folder: string): Promise<void> {
    await this.#files.syncFolder(folder);
    for (const path of ancestry(folder).reverse()) {
      if (this.#durable.has(path)) continue;
      await this.#files.syncFolder(folderOf(path));
      if (this.#durable.size >= KNOWN_MAX) this.#durable.clear();
      this.#durable.add(path);
    }
  }

  /** Removes a folder and those above it, as far as they are empty; makes what went from it durable. */
  async prune(folder: string): Promise<void> {
    for (const path of ancestry(folder).reverse()) {
      if (this.#expecting.has(path)) break;
      this.#durable.delete(path);
      if (!(await this.#removeEmpty(path))) break;
    }
    const left = ancestry(folder).reverse();
    for (const path of [...left, '']) if (await this.#syncIfThere(path)) return;
  }

  async #removeEmpty(path: string): Promise<boolean> {
    try {
      await this.#files.removeFolder(path);
      return true;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return true;
      // Somebody's file is in it, or it may not be removed: an empty folder does no harm.
      if (code !== undefined) return false;
      throw error;
    }
  }

  async #syncIfThere(path: string): Promise<boolean> {
    try {
      await this.#files.syncFolder(path);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  }
}
