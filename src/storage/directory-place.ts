import { directoryError, systemCode } from './directory-errors.ts';
import { Folders } from './directory-folders.ts';
import { Parts } from './directory-parts.ts';
import { notStored, StorageError } from './errors.ts';
import type { Files } from './files.ts';

export interface PlaceOptions {
  /** Nothing is made or written there: it may be a mount that takes nothing, or nobody's folder yet. */
  readonly readOnly?: boolean | undefined;
  /** It was made before: where it is not there, that is a lost mount, in which nothing is made. */
  readonly mustBeThere?: boolean | undefined;
  /** Told when the directory was found emptied, and was made anew. */
  readonly onMadeAnew?: (() => void) | undefined;
}

/** Where a directory replica lies: whether it is there, and what it means when a name is not. */
export class DirectoryPlace {
  readonly #name: string;
  readonly folders: Folders;
  readonly parts: Parts;
  readonly #files: Files;
  readonly #readOnly: boolean;
  readonly #mustBeThere: boolean;
  readonly #onMadeAnew: () => void;
  #canLink: Promise<boolean> | null = null;
  #isMissing = false;
  /** Where the root was when it was prepared. */
  #volume: string | null = null;

  constructor(files: Files, { readOnly = false, mustBeThere = false, onMadeAnew = () => {} }: PlaceOptions) {
    this.#files = files;
    this.#readOnly = readOnly;
    this.#mustBeThere = mustBeThere;
    this.#onMadeAnew = onMadeAnew;
    this.#name = files.name;
    this.folders = new Folders(files);
    this.parts = new Parts(files, this.folders);
  }

  /** Prepares the directory, once; whether it has hard links. */
  ready(): Promise<boolean> {
    this.#canLink ??= this.#prepare().catch((error: unknown) => {
      this.#canLink = null;
      // No object is missing: the folder that would hold it is.
      if (systemCode(error) !== 'ENOENT') throw directoryError(error, this.#name);
      throw new StorageError('EUNAVAILABLE', `${this.#name} cannot be made`, { cause: error });
    });
    return this.#canLink;
  }

  /**
   * Whether the directory is (still) that of a replica, and not what a lost mount leaves. One that somebody has
   * emptied or removed, on a file system that is mounted as before, is made anew.
   */
  async isThere(): Promise<boolean> {
    if (this.#readOnly) return this.#isMissing || (await this.#isFolder());
    return (await this.parts.isThere()) || (await this.#isMadeAnew());
  }

  /** Whether there was no such folder, which is none to be read from. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** @throws StorageError `EINVALID` for a place that was opened to be read */
  requireWritable(): void {
    if (this.#readOnly) throw new StorageError('EINVALID', `${this.#name} was opened to be read`);
  }

  gone(): StorageError {
    return new StorageError('EUNAVAILABLE', `${this.#name} is gone, or not mounted`);
  }

  /** Why nothing can be done to the directory now, if that is so. */
  async unreachable(): Promise<StorageError | null> {
    try {
      await this.ready();
      return (await this.isThere()) ? null : this.gone();
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw error;
    }
  }

  /** `missing`: what it means that a name is not there, as long as the root is. */
  async translate(error: unknown, key: string, missing: 'ENOTSTORED' | 'EUNAVAILABLE'): Promise<unknown> {
    const system = systemCode(error);
    const reading = missing === 'ENOTSTORED';
    if (system !== 'ENOENT' && !(system === 'ENOTDIR' && reading)) return directoryError(error, key);
    if (!(await this.isThere())) return this.gone();
    return reading
      ? notStored(key, error)
      : new StorageError('EUNAVAILABLE', `${key}: a folder went away`, { key, cause: error });
  }

  async #prepare(): Promise<boolean> {
    if (this.#readOnly) {
      this.#isMissing = !(await this.#isFolder());
      return false;
    }
    if (this.#mustBeThere && !(await this.parts.isThere())) throw this.gone();
    await this.parts.prepare();
    this.#volume = await this.#files.volume();
    return this.parts.canLink();
  }

  async #isMadeAnew(): Promise<boolean> {
    if (this.#volume === null || (await this.#files.volume()) !== this.#volume) return false;
    this.folders.forget();
    await this.parts.prepare();
    this.#onMadeAnew();
    return true;
  }

  async #isFolder(): Promise<boolean> {
    try {
      return (await this.#files.stat('')).kind === 'folder';
    } catch (error) {
      const system = systemCode(error);
      if (system === 'ENOENT' || system === 'ENOTDIR') return false;
      throw error;
    }
  }
}
