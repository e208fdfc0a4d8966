import { gather, objectBody, resolveRange, verifiedChunks } from './bytes.ts';
import { conflict, notStored, StorageError } from './errors.ts';
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

/** Largest object, bytes: this place is meant for models and tests. */
const OBJECT_BYTES_MAX = 1024 ** 3;

const CHUNK_BYTES = 64 * 1024;

interface StoredObject extends ObjectHead {
  readonly bytes: Uint8Array;
}

/** A replica in memory, with the same obligations as any other but for surviving a power cut. */
export class MemoryReplica implements Replica {
  readonly #objects = new Map<string, StoredObject>();
  readonly #now: () => number;

  /** `now`: Unix time in ms, for `modifiedMs`. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    checkKey(key);
    checkMetadata(key, options.metadata);
    options.signal?.throwIfAborted();
    if (options.sizeBytes > OBJECT_BYTES_MAX) {
      throw new StorageError('EINVALID', `${key}: ${options.sizeBytes} bytes are too many for memory`, {
        key,
      });
    }
    const bytes = await gather(verifiedChunks(key, source, options), options.sizeBytes);
    if (options.ifNoneMatch === '*' && this.#objects.has(key)) throw conflict(key);
    const { sizeBytes, metadata } = options;
    this.#objects.set(key, { bytes, sizeBytes, metadata: { ...metadata }, modifiedMs: this.#now() });
  }

  async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    checkKey(key);
    const { signal } = options;
    signal?.throwIfAborted();
    const object = this.#objects.get(key);
    if (object === undefined) throw notStored(key);
    const { offset, length } = resolveRange(key, options.range, object.sizeBytes);
    const end = offset + length;
    async function* read(): AsyncGenerator<Uint8Array> {
      for (let at = offset; at < end; at += CHUNK_BYTES) {
        signal?.throwIfAborted();
        yield object!.bytes.slice(at, Math.min(at + CHUNK_BYTES, end));
      }
    }
    return objectBody(length, read, async () => undefined);
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    checkKey(key);
    options.signal?.throwIfAborted();
    const object = this.#objects.get(key);
    if (object === undefined) return null;
    const { sizeBytes, modifiedMs, metadata } = object;
    return { sizeBytes, modifiedMs, metadata };
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    checkPrefix(prefix);
    const after = options.after ?? '';
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    for (const key of keys) {
      options.signal?.throwIfAborted();
      const object = this.#objects.get(key);
      if (object === undefined) continue;
      yield { key, sizeBytes: object.sizeBytes, modifiedMs: object.modifiedMs };
    }
  }

  async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    checkKeys(keys);
    options.signal?.throwIfAborted();
    for (const key of keys) this.#objects.delete(key);
    return keys.map((key) => ({ key, error: null }));
  }

  async sweep(): Promise<number> {
    return 0;
  }

  async capabilities(): Promise<ReplicaCapabilities> {
    return { integrity: 'local', conditionalPutBytesMax: OBJECT_BYTES_MAX, metadata: 'stored' };
  }

  async space(): Promise<null> {
    return null;
  }

  date(): null {
    return null;
  }

  async close(): Promise<void> {
    this.#objects.clear();
  }
}
