import { mapBody } from './bytes.ts';
import { StorageError } from './errors.ts';
import { type Fault, type FaultPlan, type FaultyOperation, isPossible } from './fault-plan.ts';
import { LateDeletes } from './late-deletes.ts';
import { Layer } from './layer.ts';
import { RecentChanges } from './recent-changes.ts';
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
import { sleepUnlessAborted } from './retrying.ts';

export interface FaultOptions {
  /** How much later a `slow` call begins, ms. */
  readonly slowMs?: number;
  /** How much later a `late` deletion happens, ms. */
  readonly lateMs?: number;
  /** How much of the last changes a `stale` listing does not know, ms. */
  readonly staleMs?: number;
  /** Monotonic, ms. */
  readonly clock?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** A replica that goes wrong as planned, for tests. Between faults it keeps all obligations. */
export const withFaults = (inner: Replica, plan: FaultPlan, options: FaultOptions = {}): Replica =>
  new FaultyReplica(inner, plan, options);

class FaultyReplica extends Layer {
  readonly #plan: FaultPlan;
  readonly #options: Required<FaultOptions>;
  readonly #late: LateDeletes;
  readonly #recent: RecentChanges;

  constructor(inner: Replica, plan: FaultPlan, options: FaultOptions) {
    super(inner);
    this.#plan = plan;
    const clock = options.clock ?? (() => performance.now());
    const defaults = { slowMs: 1_000, lateMs: 60_000, staleMs: 5_000, sleep: sleepUnlessAborted };
    this.#options = { ...defaults, ...options, clock };
    this.#late = new LateDeletes(inner, clock);
    this.#recent = new RecentChanges(clock);
  }

  override async put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    const fault = await this.#begin('put', key, options);
    if (fault === 'partial') {
      const open = (): AsyncIterable<Uint8Array> => half(source.open(), options.sizeBytes, key);
      await this.inner.put(key, { open }, options);
      return;
    }
    await this.inner.put(key, source, options);
    this.#recent.put(key);
    await this.#end(fault, key, options);
  }

  override async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    const fault = await this.#begin('get', key, options);
    const body = await this.inner.get(key, options);
    return fault === 'partial' ? mapBody(body, (chunks) => half(chunks, body.sizeBytes, key)) : body;
  }

  override async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    await this.#begin('head', key, options);
    return this.inner.head(key, options);
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    const fault = await this.#begin('list', prefix, options);
    const objects = this.inner.list(prefix, options);
    if (fault === 'stale')
      yield* this.#recent.hide(objects, prefix, options.after ?? '', this.#options.staleMs);
    else if (fault === 'partial') yield* firstOnly(objects, prefix);
    else yield* objects;
  }

  override async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    const what = keys[0] ?? '';
    try {
      const fault = await this.#begin('delete', what, options);
      if (fault === 'late') {
        this.#late.add(keys, this.#options.lateMs);
        throw failure(fault, what);
      }
      for (const key of keys) this.#recent.deleted(key, await this.inner.head(key));
      const outcomes = await this.inner.deleteMany(keys, options);
      await this.#end(fault, what, options);
      return outcomes;
    } catch (error) {
      // As the interface says: what befalls the call is the outcome of each key.
      if (!(error instanceof StorageError) || error.code !== 'EUNAVAILABLE') throw error;
      return keys.map((key) => ({ key, error }));
    }
  }

  async #begin(operation: FaultyOperation, key: string, { signal }: CallOptions): Promise<Fault | null> {
    signal?.throwIfAborted();
    await this.#late.settle();
    const planned = this.#plan.next(operation, key);
    const fault = planned !== null && isPossible(operation, planned) ? planned : null;
    if (fault === 'error-before') throw failure(fault, key);
    if (fault === 'hang') await hang(signal);
    if (fault === 'slow') await this.#options.sleep(this.#options.slowMs, signal);
    return fault;
  }

  async #end(fault: Fault | null, key: string, { signal }: CallOptions): Promise<void> {
    if (fault === 'error-after') throw failure(fault, key);
    if (fault === 'hang-after') await hang(signal);
  }
}

const failure = (fault: Fault, key: string): StorageError =>
  new StorageError('EUNAVAILABLE', `${key}: injected ${fault}`, { key });

/** Rejects when the signal is aborted. Without a signal it waits for ever, as a dead connection would. */
function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function* half(
  chunks: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  key: string,
): AsyncGenerator<Uint8Array> {
  let left = Math.floor(sizeBytes / 2);
  for await (const chunk of chunks) {
    if (chunk.byteLength >= left) {
      if (left > 0) yield chunk.subarray(0, left);
      break;
    }
    left -= chunk.byteLength;
    yield chunk;
  }
  throw failure('partial', key);
}

async function* firstOnly(
  objects: AsyncIterable<ListedObject>,
  prefix: string,
): AsyncGenerator<ListedObject> {
  for await (const object of objects) {
    yield object;
    throw failure('partial', prefix);
  }
}
