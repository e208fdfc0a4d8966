import { resolve } from 'node:path';
import { mapBody, resolveRange, verifiedChunks, watched } from './bytes.ts';
import { directoryError } from './directory-errors.ts';
import { headOf, type MetadataReader, StoredFile } from './directory-file.ts';
import { DirectoryPlace } from './directory-place.ts';
import { removeFiles } from './directory-remove.ts';
import { walk } from './directory-walk.ts';
import { isNotStored, StorageError } from './errors.ts';
import type { Files } from './files.ts';
import { checkKey, checkKeys, checkPrefix } from './keys.ts';
import { LocalFiles } from './local-files.ts';
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
  ReplicaSpace,
} from './replica.ts';
import { shortKey, shortPrefix } from './short-names.ts';

export interface DirectoryOptions {
  /** Without one, metadata is empty: no file says what was put with it. */
  readonly readMetadata?: MetadataReader | undefined;
  /** Nothing is made or written, so that it may be mounted read-only; one that is not there is empty. */
  readonly readOnly?: boolean | undefined;
  /** It was made before: where it is not there, that is a lost mount, in which nothing is made. */
  readonly mustBeThere?: boolean | undefined;
  /** Told when the directory was found emptied, and was made anew. */
  readonly onMadeAnew?: (() => void) | undefined;
  /** Names of one folder that a listing holds at a time. */
  readonly namesMax?: number | undefined;
}

/**
 * A directory, on this machine or on another one. An object is a file at its key; names over 200 bytes are
 * shortened. A file is written and fsynced elsewhere, moved to its name, and the folders down to it are
 * fsynced: a crash at any step leaves the whole object or none. Metadata is not stored but read from the files.
 */
export class DirectoryReplica implements Replica {
  readonly #files: Files;
  readonly #place: DirectoryPlace;
  readonly #options: DirectoryOptions;

  /** Uses the directory, and makes it when it is first needed and there is none. */
  constructor(files: Files, options: DirectoryOptions = {}) {
    this.#files = files;
    this.#place = new DirectoryPlace(files, options);
    this.#options = options;
  }

  /** Uses a directory of this machine, and makes it if there is none. */
  static async open(path: string, options: DirectoryOptions = {}): Promise<DirectoryReplica> {
    const replica = new DirectoryReplica(new LocalFiles(resolve(path)), options);
    await replica.#place.ready();
    return replica;
  }

  async put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    checkKey(key);
    checkMetadata(key, options.metadata);
    options.signal?.throwIfAborted();
    this.#place.requireWritable();
    const exclusive = options.ifNoneMatch === '*';
    if (!(await this.#place.ready()) && exclusive) {
      throw new StorageError('EINVALID', `${key}: the file system cannot create a name only if it is free`, {
        key,
      });
    }
    const chunks = watched(verifiedChunks(key, source, options));
    try {
      await this.#place.parts.write(shortKey(key), chunks, exclusive);
    } catch (error) {
      throw chunks.threw(error) ? error : await this.#place.translate(error, key, 'EUNAVAILABLE');
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    checkKey(key);
    options.signal?.throwIfAborted();
    const file = await this.#open(key);
    try {
      const { offset, length } = resolveRange(key, options.range, file.sizeBytes);
      return mapBody(file.body(offset, length, options), (chunks) => translated(chunks, key));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    checkKey(key);
    options.signal?.throwIfAborted();
    try {
      await this.#place.ready();
      return await headOf(this.#files, shortKey(key), key, this.#options.readMetadata);
    } catch (error) {
      const failure = await this.#place.translate(error, key, 'ENOTSTORED');
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
    const wanted = { files: this.#files, prefix: names.stored, after, signal, ...(namesMax && { namesMax }) };
    const start = names.stored.slice(0, names.stored.lastIndexOf('/') + 1);
    await this.#place.ready();
    if (this.#place.isMissing) return;
    try {
      for await (const { path, ...rest } of walk(wanted, start)) yield { key: names.restore(path), ...rest };
    } catch (error) {
      throw await this.#place.translate(error, prefix, 'EUNAVAILABLE');
    }
    // A root that went away looks like folders that did.
    if (!(await this.#place.isThere())) throw this.#place.gone();
  }

  async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    checkKeys(keys);
    options.signal?.throwIfAborted();
    this.#place.requireWritable();
    const unreachable = await this.#place.unreachable();
    if (unreachable !== null) return keys.map((key) => ({ key, error: unreachable }));
    return removeFiles(this.#files, this.#place.folders, keys, options.signal);
  }

  async sweep(beforeMs: number): Promise<number> {
    this.#place.requireWritable();
    await this.#place.ready();
    try {
      return await this.#place.parts.sweep(beforeMs);
    } catch (error) {
      throw await this.#place.translate(error, this.#files.name, 'EUNAVAILABLE');
    }
  }

  async capabilities(): Promise<ReplicaCapabilities> {
    const conditionalPutBytesMax = (await this.#place.ready()) ? Number.MAX_SAFE_INTEGER : 0;
    return { integrity: 'local', conditionalPutBytesMax, metadata: 'derived' };
  }

  /** Null: this machine's clock is the one that would be checked. */
  date(): null {
    return null;
  }

  async space(): Promise<ReplicaSpace | null> {
    await this.#place.ready();
    if (this.#place.isMissing) return null;
    try {
      return await this.#files.space();
    } catch (error) {
      throw await this.#place.translate(error, this.#files.name, 'EUNAVAILABLE');
    }
  }

  async close(): Promise<void> {
    await this.#files.close();
  }

  async #open(key: string): Promise<StoredFile> {
    await this.#place.ready();
    try {
      return await StoredFile.open(this.#files, shortKey(key), key);
    } catch (error) {
      throw await this.#place.translate(error, key, 'ENOTSTORED');
    }
  }
}

async function* translated(chunks: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw directoryError(error, key);
  }
}
