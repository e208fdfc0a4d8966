import { setTimeout as delay } from 'node:timers/promises';
import { isRetryable } from './errors.ts';

/** How often and how long something that may go away is tried. */
export interface RetryLimits {
  /** Tries in all, the first among them. */
  readonly attemptsMax: number;
  /** No try begins later than this after the first one, ms. */
  readonly budgetMs: number;
  /** A delay is drawn from 0 to this, doubled for each further try, ms. */
  readonly delayMinMs: number;
  /** ... but to no more than this, ms. */
  readonly delayMaxMs: number;
}

export const RETRY_LIMITS: RetryLimits = {
  attemptsMax: 6,
  budgetMs: 60_000,
  delayMinMs: 100,
  delayMaxMs: 10_000,
};

export interface RetryContext {
  readonly limits: RetryLimits;
  readonly signal?: AbortSignal | undefined;
  /** Tells of a failure that will be tried again. */
  readonly onRetry?: ((error: unknown, attempt: number) => void) | undefined;
  /** From 0 up to 1. */
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Monotonic, ms. */
  readonly clock?: () => number;
}

/** Waits, but not beyond the signal, whose reason it rejects with. */
export async function sleepUnlessAborted(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

/**
 * A series of tries that share attempts and budget, for work that goes on where it failed. The delays have
 * full jitter, so that those who failed together do not come back together.
 */
export class Tries {
  readonly #context: RetryContext;
  readonly #clock: () => number;
  readonly #begunMs: number;
  #failures = 0;

  constructor(context: RetryContext) {
    this.#context = context;
    this.#clock = context.clock ?? (() => performance.now());
    this.#begunMs = this.#clock();
  }

  /** How many tries have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Waits for the next try; throws `error` when there is none, or it would not help. */
  async again(error: unknown): Promise<void> {
    const { limits, signal, onRetry, random = Math.random, sleep = sleepUnlessAborted } = this.#context;
    this.#failures++;
    if (signal?.aborted || !isRetryable(error) || this.#failures >= limits.attemptsMax) throw error;
    const ceiling = Math.min(limits.delayMaxMs, limits.delayMinMs * 2 ** (this.#failures - 1));
    const delayMs = random() * ceiling;
    if (this.#clock() - this.#begunMs + delayMs > limits.budgetMs) throw error;
    onRetry?.(error, this.#failures);
    await sleep(delayMs, signal);
  }
}

/** Does `work`, and does it again while it is EUNAVAILABLE and within the limits. Throws its last error. */
export async function retrying<T>(work: (attempt: number) => Promise<T>, context: RetryContext): Promise<T> {
  const tries = new Tries(context);
  while (true) {
    try {
      return await work(tries.failures + 1);
    } catch (error) {
      await tries.again(error);
    }
  }
}
