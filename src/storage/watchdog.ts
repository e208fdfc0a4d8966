import { StorageError } from './errors.ts';

/** Ends a call that makes no progress, also where the replica inside does not listen to its signal. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #what: string;
  readonly #limitMs: number;
  readonly #onOuter: () => void;
  /** How the calls that are waited for are failed. */
  readonly #waiting = new Set<(error: unknown) => void>();
  #expired: { readonly error: unknown } | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** `what` is named in the error; `limitMs` is the longest time without a `touch`. */
  constructor(what: string, limitMs: number, outer: AbortSignal | undefined) {
    this.#what = what;
    this.#limitMs = limitMs;
    this.#outer = outer;
    this.#onOuter = () => this.#expire(outer?.reason);
    if (outer?.aborted) this.#onOuter();
    else outer?.addEventListener('abort', this.#onOuter, { once: true });
    if (!outer?.aborted) this.touch();
  }

  /** For the call inside. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** There was progress: the time starts anew. */
  touch(): void {
    this.pause();
    this.#timer = setTimeout(() => {
      this.#expire(
        new StorageError('EUNAVAILABLE', `${this.#what}: nothing happened for ${this.#limitMs} ms`),
      );
    }, this.#limitMs);
  }

  /** It is somebody else's turn, who may take any time. */
  pause(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /**
   * The result of `work`, or the failure of the watchdog if that comes first. Not by `Promise.race`: what is raced
   * against would hold every result, so every chunk of a body, for as long as it lasts.
   */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#expired !== null) reject(this.#expired.error);
      this.#waiting.add(reject);
      const ended = (): void => void this.#waiting.delete(reject);
      work.then(resolve, reject).finally(ended);
    });
  }

  stop(): void {
    this.pause();
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }

  #expire(error: unknown): void {
    this.#expired ??= { error };
    for (const fail of this.#waiting) fail(error);
    this.#waiting.clear();
    this.#controller.abort(error);
  }
}
