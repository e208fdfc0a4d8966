import { objectBody } from './bytes.ts';
import { isRetryable, StorageError } from './errors.ts';
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
  ReplicaCapabilities,
  ReplicaSpace,
} from './replica.ts';
import { Watchdog } from './watchdog.ts';

/** How long calls may go without progress, ms. */
export interface TimeoutLimits {
  /** A head, the first byte of a body, the next object of a listing. */
  readonly answerMs: number;
  /** Between two chunks of a body, or between two that a put takes; then for its end. */
  readonly stallMs: number;
  /** A whole deletion or sweep, however many keys. */
  readonly bulkMs: number;
}

export const TIMEOUT_LIMITS: TimeoutLimits = { answerMs: 30_000, stallMs: 120_000, bulkMs: 600_000 };

/** Gives calls up that make no progress: EUNAVAILABLE. Time that a caller takes is not counted. */
export const withTimeouts = (inner: Replica, limits: Partial<TimeoutLimits> = {}): Replica =>
  new TimedReplica(inner, { ...TIMEOUT_LIMITS, ...limits });

class TimedReplica extends Layer {
  readonly #limits: TimeoutLimits;

  constructor(inner: Replica, limits: TimeoutLimits) {
    super(inner);
    this.#limits = limits;
  }

  override put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    const { stallMs } = this.#limits;
    return this.#within(`put ${key}`, stallMs, options, (signal, dog) =>
      this.inner.put(key, { open: () => touching(source, dog) }, { ...options, signal }),
    );
  }

  override async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    const { answerMs, stallMs } = this.#limits;
    const dog = new Watchdog(`get ${key}`, answerMs, options.signal);
    try {
      const body = await dog.race(this.inner.get(key, { ...options, signal: dog.signal }));
      dog.stop();
      const { signal } = options;
      const chunks = (): AsyncGenerator<Uint8Array> => timedBody(body, `body of ${key}`, stallMs, signal);
      return objectBody(body.sizeBytes, chunks, () => body.cancel());
    } catch (error) {
      dog.stop();
      throw error;
    }
  }

  override head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    const { answerMs } = this.#limits;
    return this.#within(`head ${key}`, answerMs, options, (signal) => this.inner.head(key, { signal }));
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    const { answerMs } = this.#limits;
    yield* timed(this.inner.list(prefix, options), `list ${prefix}`, answerMs, options.signal);
  }

  override async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    const { bulkMs } = this.#limits;
    try {
      return await this.#within(`delete ${keys.length} objects`, bulkMs, options, (signal) =>
        this.inner.deleteMany(keys, { signal }),
      );
    } catch (error) {
      if (!(error instanceof StorageError) || !isRetryable(error)) throw error;
      return keys.map((key) => ({ key, error }));
    }
  }

  override sweep(beforeMs: number, options: CallOptions = {}): Promise<number> {
    return this.#within('sweep', this.#limits.bulkMs, options, (signal) =>
      this.inner.sweep(beforeMs, { signal }),
    );
  }

  override capabilities(options: CallOptions = {}): Promise<ReplicaCapabilities> {
    const { answerMs } = this.#limits;
    return this.#within('probe', answerMs, options, (signal) => this.inner.capabilities({ signal }));
  }

  override space(options: CallOptions = {}): Promise<ReplicaSpace | null> {
    const { answerMs } = this.#limits;
    return this.#within('space', answerMs, options, (signal) => this.inner.space({ signal }));
  }

  async #within<T>(
    what: string,
    limitMs: number,
    options: CallOptions,
    work: (signal: AbortSignal, dog: Watchdog) => Promise<T>,
  ): Promise<T> {
    const dog = new Watchdog(what, limitMs, options.signal);
    try {
      return await dog.race(work(dog.signal, dog));
    } finally {
      dog.stop();
    }
  }
}

async function* touching(source: ByteSource, dog: Watchdog): AsyncGenerator<Uint8Array> {
  for await (const chunk of source.open()) {
    dog.touch();
    yield chunk;
  }
}

/** A body that stalls is let go of: it holds a connection. */
async function* timedBody(
  body: ObjectBody,
  what: string,
  limitMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* timed(body, what, limitMs, signal);
  } catch (error) {
    await body.cancel();
    throw error;
  }
}

/** The items, each within its time; the time between two counts only while somebody waits. */
async function* timed<T>(
  items: AsyncIterable<T>,
  what: string,
  limitMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const dog = new Watchdog(what, limitMs, signal);
  let stuck = true;
  try {
    while (true) {
      dog.touch();
      const next = await dog.race(iterator.next());
      dog.pause();
      if (next.done === true) {
        stuck = false;
        return;
      }
      stuck = false;
      yield next.value;
      stuck = true;
    }
  } finally {
    dog.stop();
    const closed = iterator.return?.();
    // One that does not answer would not answer to this either.
    if (stuck) closed?.catch(() => undefined);
    else await closed;
  }
}
