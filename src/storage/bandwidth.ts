import { mapBody } from './bytes.ts';
import { Layer } from './layer.ts';
import type { ByteSource, GetOptions, ObjectBody, PutOptions, Replica } from './replica.ts';
import { sleepUnlessAborted } from './retrying.ts';

/** Bytes a second in each direction; no limit where left out. */
export interface BandwidthLimits {
  readonly uploadBytesPerSecond?: number | undefined;
  readonly downloadBytesPerSecond?: number | undefined;
}

/** What time is, for tests. */
export interface BandwidthClock {
  /** Monotonic, ms. */
  readonly clock: () => number;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

const REAL_CLOCK: BandwidthClock = { clock: () => performance.now(), sleep: sleepUnlessAborted };

/** What may go at once after a pause, as a time at the limit, ms. */
const BURST_MS = 250;

/** Keeps what all calls together send and receive below limits. */
export const withBandwidth = (
  inner: Replica,
  limits: BandwidthLimits,
  time: BandwidthClock = REAL_CLOCK,
): Replica => new BandwidthReplica(inner, limits, time);

class BandwidthReplica extends Layer {
  readonly #up: TokenBucket | null;
  readonly #down: TokenBucket | null;

  constructor(inner: Replica, limits: BandwidthLimits, time: BandwidthClock) {
    super(inner);
    const bucketOf = (rate: number | undefined): TokenBucket | null =>
      rate === undefined ? null : new TokenBucket(rate, time);
    this.#up = bucketOf(limits.uploadBytesPerSecond);
    this.#down = bucketOf(limits.downloadBytesPerSecond);
  }

  override put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    const bucket = this.#up;
    if (bucket === null) return this.inner.put(key, source, options);
    const open = (): AsyncIterable<Uint8Array> => bucket.throttle(source.open(), options.signal);
    return this.inner.put(key, { open }, options);
  }

  override async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    const bucket = this.#down;
    const body = await this.inner.get(key, options);
    return bucket === null ? body : mapBody(body, (chunks) => bucket.throttle(chunks, options.signal));
  }
}

/** A token bucket that may go into debt: who takes first waits last, so nobody starves. */
class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #time: BandwidthClock;
  #tokens: number;
  #filledMs: number;

  constructor(bytesPerSecond: number, time: BandwidthClock) {
    if (!(bytesPerSecond > 0)) throw new RangeError(`a bandwidth of ${bytesPerSecond} bytes a second`);
    this.#rate = bytesPerSecond;
    this.#burst = Math.max(1, Math.floor((bytesPerSecond * BURST_MS) / 1000));
    this.#time = time;
    this.#tokens = this.#burst;
    this.#filledMs = time.clock();
  }

  /** The chunks at the limit's pace, in pieces small enough that no wait is long. */
  async *throttle(
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.byteLength; at += this.#burst) {
        const piece = chunk.subarray(at, at + this.#burst);
        await this.#take(piece.byteLength, signal);
        yield piece;
      }
    }
  }

  async #take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const nowMs = this.#time.clock();
    const filled = this.#tokens + ((nowMs - this.#filledMs) * this.#rate) / 1000;
    this.#tokens = Math.min(this.#burst, filled) - bytes;
    this.#filledMs = nowMs;
    if (this.#tokens < 0) await this.#time.sleep((-this.#tokens * 1000) / this.#rate, signal);
  }
}
