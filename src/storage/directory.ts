import { join, resolve } from 'node:path';
import { mapBody, resolveRange, verifiedChunks, watched } from './bytes.ts';
import { directoryError, systemCode } from './directory-errors.ts';
import { headOf, type MetadataReader, StoredFile } from './directory-file.ts';
import { Folders } from './directory-folders.ts';
import { Parts } from './directory-parts.ts';
import { removeFiles } from './directory-remove.ts';
import { walk } from './directory-walk.ts';
import { isNotStored, notStored, StorageError } from './errors.ts';
import { checkKey, checkKeys, checkPrefix } from './keys.ts';
import { checkMetadata } from './metadata.ts';
import type {
  ByteSource,
  CallOptions,
  DeleteOutcome,
  GetOptions,
  ListedObject,
  ListOptions,
  ObjectBody,
  ObjectHead,
  PutOptions,
  Replica,
  ReplicaCapabilities,
} from './replica.ts';
import { shortKey, shortPrefix } from './short-names.ts';

export interface DirectoryOptions {
  /** Without one, metadata is empty: no file says what was put with it. */
  readonly readMetadata?: MetadataReader | undefined;
  /** Names of one folder that a listing holds at a time. */
  readonly namesMax?: number | undefined;
}

/**
 * A local directory. An object is a file at its key; names over 200 bytes are shortened. A file is written
 * and fsynced elsewhere, moved to its name, and the folders down to it are fsynced: a crash at any step
 * leaves the whole object or none. Metadata is not stored but read from the files.
 */
export class DirectoryReplica implements Replica {
  readonly #root: string;
  readonly #folders: Folders;
  readonly #parts: Parts;
  readonly #canLink: boolean;
  readonly #options: DirectoryOptions;

  private constructor(
    root: string,
    folders: Folders,
    parts: Parts,
    canLink: boolean,
    options: DirectoryOptions,
  ) {
    this.#root = root;
    this.#folders = folders;
    this.#parts = parts;
    this.#canLink = canLink;
    this.#options = options;
  }

  /** Uses the directory, and makes it if there is none. */
  static async open(path: string, options: DirectoryOptions = {}): Promise<DirectoryReplica> {
    const root = resolve(path);
    const folders = new Folders(root);
    const parts = new Parts(root, folders);
    try {
      await parts.prepare();
      return new DirectoryReplica(root, folders, parts, await parts.canLink(), options);
    } catch (error) {
      throw directoryError(error, root);
    }
  }

  async put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    checkKey(key);
    checkMetadata(key, options.metadata);
    options.signal?.throwIfAborted();
    const exclusive = options.ifNoneMatch === '*';
    if (exclusive && !this.#canLink) {
      throw new StorageError('EINVALID', `${key}: the file system cannot create a name only if it is free`, {
        key,
      });
    }
    const chunks = watched(verifiedChunks(key, source, options));
    try {
      await this.#parts.write(shortKey(key), chunks, exclusive);
    } catch (error) {
      throw chunks.threw(error) ? error : await this.#translate(error, key, 'EUNAVAILABLE');
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    checkKey(key);
    options.signal?.throwIfAborted();
    const file = await this.#open(key);
    try {
      const { offset, length } = resolveRange(key, options.range, file.sizeBytes);
      return mapBody(file.body(offset, length, options.signal), (chunks) => translated(chunks, key));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    checkKey(key);
    options.signal?.throwIfAborted();
    try {
      return await headOf(this.#path(key), key, this.#options.readMetadata);
    } catch (error) {
      const failure = await this.#translate(error, key, 'ENOTSTORED');
      if (isNotStored(failure)) return null;
      throw failure;
    }
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    checkPrefix(prefix);
    options.signal?.throwIfAborted();
    const names = shortPrefix(prefix);
    const after = shortKey(options.after ?? '');
    const { signal } = options;
    const { namesMax } = this.#options;
    const wanted = { root: this.#root, prefix: names.stored, after, signal, ...(namesMax && { namesMax }) };
    const start = names.stored.slice(0, names.stored.lastIndexOf('/') + 1);
    try {
      for await (const { path, ...rest } of walk(wanted, start)) yield { key: names.restore(path), ...rest };
    } catch (error) {
      throw await this.#translate(error, prefix, 'EUNAVAILABLE');
    }
    // A root that went away looks like folders that did.
    if (!(await this.#parts.isThere())) throw this.#gone();
  }

  async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    checkKeys(keys);
    options.signal?.throwIfAborted();
    const there = await this.#parts.isThere();
    if (!there) return keys.map((key) => ({ key, error: this.#gone() }));
    return removeFiles(this.#root, this.#folders, keys, options.signal);
  }

  async sweep(beforeMs: number): Promise<number> {
    try {
      return await this.#parts.sweep(beforeMs);
    } catch (error) {
      throw await this.#translate(error, this.#root, 'EUNAVAILABLE');
    }
  }

  async capabilities(): Promise<ReplicaCapabilities> {
    const conditionalPutBytesMax = this.#canLink ? Number.MAX_SAFE_INTEGER : 0;
    return { integrity: 'local', conditionalPutBytesMax, metadata: 'derived' };
  }

  /** Null: this machine's clock is the one that would be checked. */
  date(): null {
    return null;
  }

  async close(): Promise<void> {}

  #path(key: string): string {
    return join(this.#root, shortKey(key));
  }

  async #open(key: string): Promise<StoredFile> {
    try {
      return await StoredFile.open(this.#path(key), key);
    } catch (error) {
      throw await this.#translate(error, key, 'ENOTSTORED');
    }
  }

  /** `missing`: what it means that a name is not there, as long as the root is. */
  async #translate(error: unknown, key: string, missing: 'ENOTSTORED' | 'EUNAVAILABLE'): Promise<unknown> {
    const system = systemCode(error);
    const reading = missing === 'ENOTSTORED';
    if (system !== 'ENOENT' && !(system === 'ENOTDIR' && reading)) return directoryError(error, key);
    if (!(await this.#parts.isThere())) return this.#gone();
    return reading
      ? notStored(key, error)
      : new StorageError('EUNAVAILABLE', `${key}: a folder went away`, { key, cause: error });
  }

  #gone(): StorageError {
    return new StorageError('EUNAVAILABLE', `${this.#root} is gone, or not mounted`);
  }
}

async function* translated(chunks: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw directoryError(error, key);
  }
}
