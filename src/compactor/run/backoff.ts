/** A first failure is followed by a pause of 0 to this, doubled with each further one, ms. */
export const BACKOFF_MIN_MS = 2_000;

/** ... and no pause is longer than this, ms. */
export const BACKOFF_MAX_MS = 300_000;

/** Pauses with full jitter, so that what failed together does not come back together. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;
  #until = Number.NEGATIVE_INFINITY;

  /** @param random from 0 up to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Whether a pause is on; `now` is monotonic, ms. */
  isPaused(now: number): boolean {
    return now < this.#until;
  }

  failed(now: number): void {
    const most = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    this.#until = now + Math.ceil(this.#random() * most);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}
