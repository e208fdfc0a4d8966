import { mapBody } from './bytes.ts';
import { isNotStored, StorageError } from './errors.ts';
import { Layer } from './layer.ts';
import type { MeteredOperation, StorageMeter } from './meter.ts';
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

/** Counts all calls in `meter`. Inside of the retries it counts tries, outside of them what callers see. */
export const withMetering = (
  inner: Replica,
  meter: StorageMeter,
  clock: () => number = () => performance.now(),
): Replica => new MeteredReplica(inner, meter, clock);

class MeteredReplica extends Layer {
  readonly #meter: StorageMeter;
  readonly #clock: () => number;
  #datedAtMs = Number.NEGATIVE_INFINITY;

  constructor(inner: Replica, meter: StorageMeter, clock: () => number) {
    super(inner);
    this.#meter = meter;
    this.#clock = clock;
  }

  override put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    const open = (): AsyncIterable<Uint8Array> => this.#counted('put', source.open());
    return this.#timed('put', () => this.inner.put(key, { open }, options));
  }

  /** The latency is that of the first byte; a body that breaks off is a failure of its own. */
  override async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    const body = await this.#timed('get', () => this.inner.get(key, options));
    return mapBody(body, (chunks) => this.#body(chunks));
  }

  override head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return this.#timed('head', () => this.inner.head(key, options));
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    const begunMs = this.#clock();
    try {
      for await (const object of this.inner.list(prefix, options)) {
        this.#meter.add('list', { items: 1 });
        yield object;
      }
      this.#ended('list', begunMs, null);
    } catch (error) {
      this.#ended('list', begunMs, error);
      throw error;
    }
  }

  override async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    const begunMs = this.#clock();
    try {
      const outcomes = await this.inner.deleteMany(keys, options);
      const failed = outcomes.find(({ error }) => error !== null);
      this.#meter.add('delete', { items: outcomes.filter(({ error }) => error === null).length });
      this.#ended('delete', begunMs, failed?.error ?? null);
      return outcomes;
    } catch (error) {
      this.#ended('delete', begunMs, error);
      throw error;
    }
  }

  override sweep(beforeMs: number, options: CallOptions = {}): Promise<number> {
    return this.#timed('sweep', () => this.inner.sweep(beforeMs, options));
  }

  override capabilities(options: CallOptions = {}): Promise<ReplicaCapabilities> {
    return this.#timed('probe', () => this.inner.capabilities(options));
  }

  async #timed<T>(operation: MeteredOperation, work: () => Promise<T>): Promise<T> {
    const begunMs = this.#clock();
    try {
      const result = await work();
      this.#ended(operation, begunMs, null);
      return result;
    } catch (error) {
      this.#ended(operation, begunMs, error);
      throw error;
    }
  }

  /** That there is nothing, or something already, is an answer and no failure of the place. */
  #ended(operation: MeteredOperation, begunMs: number, error: unknown): void {
    const answered = isNotStored(error) || (error instanceof StorageError && error.code === 'ECONFLICT');
    this.#meter.ended(operation, this.#clock() - begunMs, answered ? null : error);
    const date = this.inner.date();
    if (date === null || date.receivedAtMs <= this.#datedAtMs) return;
    this.#datedAtMs = date.receivedAtMs;
    this.#meter.dated(date.dateMs, performance.now() - date.receivedAtMs);
  }

  async *#counted(
    operation: MeteredOperation,
    chunks: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#meter.add(operation, { bytes: chunk.byteLength });
      yield chunk;
    }
  }

  async *#body(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const begunMs = this.#clock();
    try {
      yield* this.#counted('get', chunks);
    } catch (error) {
      this.#ended('get', begunMs, error);
      throw error;
    }
  }
}
