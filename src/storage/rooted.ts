import { StorageError } from './errors.ts';
import { Layer } from './layer.ts';
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
} from './replica.ts';

/** Keys of the replica as a whole, as its log: they are nobody's folder. */
const COMMON = '.lfsb/';

/** Keys in the folder that are ours: another tool's files beside them are neither listed nor ever deleted. */
const OURS = /^\d\/[0-9a-f]{16}-[0-9a-f]{16}\.ltx$/;

/**
 * The replica as the folder of one database: keys in `folder`, as `cluster/db/`, are kept without it, and those in
 * `.lfsb/` as they are. There are no others: EINVALID.
 */
export const withFolder = (inner: Replica, folder: string): Replica => new RootedReplica(inner, folder);

class RootedReplica extends Layer {
  readonly #folder: string;

  constructor(inner: Replica, folder: string) {
    super(inner);
    this.#folder = folder;
  }

  override async put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    return this.inner.put(this.#inside(key), source, options);
  }

  override async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    return this.inner.get(this.#inside(key), options);
  }

  override async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return this.inner.head(this.#inside(key), options);
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    const { after, ...rest } = options;
    const isCommon = prefix.startsWith(COMMON);
    const inside = after === undefined ? rest : { ...rest, after: this.#inside(after) };
    for await (const object of this.inner.list(this.#inside(prefix), inside)) {
      if (isCommon) yield object;
      else if (OURS.test(object.key)) yield { ...object, key: `${this.#folder}${object.key}` };
    }
  }

  override async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    const outcomes = await this.inner.deleteMany(
      keys.map((key) => this.#inside(key)),
      options,
    );
    return outcomes.map(({ error }, i) => ({ key: keys[i]!, error }));
  }

  #inside(key: string): string {
    if (key.startsWith(this.#folder)) return key.slice(this.#folder.length);
    if (key.startsWith(COMMON)) return key;
    throw new StorageError('EINVALID', `${key} is not in ${this.#folder}`, { key });
  }
}
