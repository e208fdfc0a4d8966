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
  StoreDate,
} from './replica.ts';

/** What all wrappers share: everything that they do not change goes to the replica inside. */
export abstract class Layer implements Replica {
  protected readonly inner: Replica;

  constructor(inner: Replica) {
    this.inner = inner;
  }

  put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    return this.inner.put(key, source, options);
  }

  get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    return this.inner.get(key, options);
  }

  head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return this.inner.head(key, options);
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ListedObject> {
    return this.inner.list(prefix, options);
  }

  deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    return this.inner.deleteMany(keys, options);
  }

  sweep(beforeMs: number, options: CallOptions = {}): Promise<number> {
    return this.inner.sweep(beforeMs, options);
  }

  capabilities(options: CallOptions = {}): Promise<ReplicaCapabilities> {
    return this.inner.capabilities(options);
  }

  space(options: CallOptions = {}): Promise<ReplicaSpace | null> {
    return this.inner.space(options);
  }

  date(): StoreDate | null {
    return this.inner.date();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
