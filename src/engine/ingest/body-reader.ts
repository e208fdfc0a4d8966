import type { Readable } from 'node:stream';
import { LfsbError } from '../../errors/index.ts';

/** A client that sends nothing for so long has stalled, ms. */
export const BODY_SILENCE_MS_MAX = 60_000;

/** After this time a body must have come at BODY_RATE_MIN on average, ms. */
export const BODY_RATE_GRACE_MS = 60_000;

/** The slowest a body may come, bytes per second that we were ready to read. */
export const BODY_RATE_MIN = 1_024;

export interface BodyLimits {
  readonly silenceMsMax: number;
  readonly rateGraceMs: number;
  readonly rateMin: number;
}

export const BODY_LIMITS: BodyLimits = {
  silenceMsMax: BODY_SILENCE_MS_MAX,
  rateGraceMs: BODY_RATE_GRACE_MS,
  rateMin: BODY_RATE_MIN,
};

/** Reads a request's body chunk by chunk, and gives up on clients that stall or vanish. */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #iterator: AsyncIterator<Buffer>;
  #waitedMs = 0;
  #bytes = 0;

  constructor(body: Readable, limits: BodyLimits = BODY_LIMITS) {
    this.#limits = limits;
    this.#iterator = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  get bytesRead(): number {
    return this.#bytes;
  }

  /**
   * The next chunk, or null at the end.
   * @throws LfsbError `EINCOMPLETE` when the client is gone, `ETIMEOUT` when it stalls or trickles
   */
  async next(): Promise<Buffer | null> {
    const since = performance.now();
    const chunk = await this.#nextInTime();
    this.#waitedMs += performance.now() - since;
    if (chunk === null) return null;
    this.#bytes += chunk.byteLength;
    this.#checkRate();
    return chunk;
  }

  /** A body that stalls is left as it is: to destroy it would end the connection before the answer. */
  #nextInTime(): Promise<Buffer | null> {
    const { silenceMsMax } = this.#limits;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new LfsbError('ETIMEOUT', `no byte of the body came in ${silenceMsMax} ms`));
      }, silenceMsMax);
      const chunk = this.#iterator.next().finally(() => clearTimeout(timer));
      chunk.then(
        ({ done, value }) => resolve(done ? null : value),
        (cause) => reject(incomplete(cause)),
      );
    });
  }

  #checkRate(): void {
    const { rateGraceMs, rateMin } = this.#limits;
    if (this.#waitedMs < rateGraceMs || (this.#bytes / this.#waitedMs) * 1_000 >= rateMin) return;
    throw new LfsbError('ETIMEOUT', `the body comes at less than ${rateMin} bytes per second`);
  }
}

const incomplete = (cause: unknown): LfsbError =>
  cause instanceof LfsbError
    ? cause
    : new LfsbError('EINCOMPLETE', 'the client ended before the body was complete', { cause });
