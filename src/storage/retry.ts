import { objectBody, sha256Of } from './bytes.ts';
import { isNotStored, isRetryable, StorageError } from './errors.ts';
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
import { RETRY_LIMITS, type RetryContext, retrying, Tries } from './retrying.ts';

export type RetryOptions = Partial<Omit<RetryContext, 'signal'>>;

/**
 * Tries what is EUNAVAILABLE again, with full jitter, within attempts and a budget of time. A put starts from
 * the beginning; a listing, a body and a deletion go on where they failed.
 */
export const withRetries = (inner: Replica, options: RetryOptions = {}): Replica =>
  new RetryingReplica(inner, options);

class RetryingReplica extends Layer {
  readonly #options: RetryOptions;

  constructor(inner: Replica, options: RetryOptions) {
    super(inner);
    this.#options = options;
  }

  override put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    return retrying(async (attempt) => {
      try {
        await this.inner.put(key, source, options);
      } catch (error) {
        // The conflict may be with ourselves: a try that seemed to fail had its effect after all.
        const ours = attempt > 1 && isConflict(error) && (await this.#holds(key, options));
        if (!ours) throw error;
      }
    }, this.#context(options));
  }

  override async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    const context = this.#context(options);
    const first = await retrying(() => this.inner.get(key, options), context);
    return objectBody(
      first.sizeBytes,
      () => this.#resumed(key, first, options),
      () => first.cancel(),
    );
  }

  override head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return retrying(() => this.inner.head(key, options), this.#context(options));
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    let { after } = options;
    let tries = new Tries(this.#context(options));
    while (true) {
      try {
        for await (const object of this.inner.list(prefix, { ...options, after })) {
          // Whatever comes is progress: the next failure is another one.
          if (tries.failures > 0) tries = new Tries(this.#context(options));
          after = object.key;
          yield object;
        }
        return;
      } catch (error) {
        await tries.again(error);
      }
    }
  }

  override async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    const outcomes = new Map<string, DeleteOutcome>();
    const retried = new Set<string>();
    const tries = new Tries(this.#context(options));
    let left = keys;
    while (true) {
      for (const outcome of await this.inner.deleteMany(left, options)) outcomes.set(outcome.key, outcome);
      left = left.filter((key) => isRetryable(outcomes.get(key)?.error));
      if (left.length === 0 || !(await this.#mayGoOn(tries, outcomes.get(left[0]!)?.error, options))) break;
      for (const key of left) retried.add(key);
    }
    return keys.map((key) => ({ ...outcomes.get(key)!, ...(retried.has(key) ? { retried: true } : {}) }));
  }

  override sweep(beforeMs: number, options: CallOptions = {}): Promise<number> {
    return retrying(() => this.inner.sweep(beforeMs, options), this.#context(options));
  }

  override capabilities(options: CallOptions = {}): Promise<ReplicaCapabilities> {
    return retrying(() => this.inner.capabilities(options), this.#context(options));
  }

  override space(options: CallOptions = {}): Promise<ReplicaSpace | null> {
    return retrying(() => this.inner.space(options), this.#context(options));
  }

  #context({ signal }: CallOptions): RetryContext {
    return { limits: RETRY_LIMITS, ...this.#options, signal };
  }

  async #holds(key: string, options: PutOptions): Promise<boolean> {
    try {
      const body = await this.get(key, { signal: options.signal });
      if (body.sizeBytes === options.sizeBytes) return (await sha256Of(body)) === options.sha256;
      await body.cancel();
      return false;
    } catch (error) {
      // Deleted between the conflict and the look: the conflict stands.
      if (isNotStored(error)) return false;
      throw error;
    }
  }

  /**
   * The rest of a body that broke off is asked for as a range. An object that was replaced meanwhile would
   * give a mixture, which its reader finds: every file is checked against its recorded hash.
   */
  async *#resumed(key: string, first: ObjectBody, options: GetOptions): AsyncGenerator<Uint8Array> {
    const start = options.range?.offset ?? 0;
    let body: ObjectBody | null = first;
    let read = 0;
    let tries = new Tries(this.#context(options));
    while (read < first.sizeBytes || body !== null) {
      try {
        const range = { offset: start + read, length: first.sizeBytes - read };
        body ??= await this.inner.get(key, { ...options, range });
        for await (const chunk of body) {
          if (tries.failures > 0) tries = new Tries(this.#context(options));
          read += chunk.byteLength;
          yield chunk;
        }
        body = null;
      } catch (error) {
        body = null;
        await tries.again(error);
      }
    }
  }

  /** Waits for the next try; false when the outcomes have to stay as they are. */
  async #mayGoOn(tries: Tries, error: unknown, { signal }: CallOptions): Promise<boolean> {
    try {
      await tries.again(error);
      return true;
    } catch (last) {
      if (signal?.aborted) throw signal.reason;
      if (last === error) return false;
      throw last;
    }
  }
}

const isConflict = (error: unknown): boolean => error instanceof StorageError && error.code === 'ECONFLICT';
