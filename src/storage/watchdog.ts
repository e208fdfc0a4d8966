import { StorageError } from './errors.ts';

/** Ends a call that makes no progress, also where the replica inside does not listen to its signal. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #what: string;
  readonly #limitMs: number;
  readonly #expired: Promise<never>;
  readonly #onOuter: () => void;
  #expire: (error: unknown) => void = () => undefined;
  #timer: NodeJS.Timeout | null = null;

  /** `what` is named in the error; `limitMs` is the longest time without a `touch`. */
  constructor(what: string, limitMs: number, outer: AbortSignal | undefined) {
    this.#what = what;
    this.#limitMs = limitMs;
    this.#outer = outer;
    this.#expired = new Promise((_, reject) => {
      this.#expire = (error) => {
        reject(error);
        this.#controller.abort(error);
      };
    });
    // Raced against below; a watchdog that ends between two races is nobody's failure.
    this.#expired.catch(() => undefined);
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

  /** The result of `work`, or the failure of the watchdog if that comes first. */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#expired]);
  }

  stop(): void {
    this.pause();
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }
}
