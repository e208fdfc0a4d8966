import { LfsbError } from '../errors/index.ts';

export interface PermitLimits {
  /** How many may be held at once. */
  readonly heldMax: number;
  /** How many may wait for one. */
  readonly waitingMax: number;
  /** How long one may wait, ms. */
  readonly waitMsMax: number;
  /** What is scarce, for the message. */
  readonly what: string;
}

/** A counted limit with a bounded, timed queue. Past either bound: EUNAVAILABLE, and the client tries again. */
export class Permits {
  readonly #limits: PermitLimits;
  readonly #waiting: Array<() => void> = [];
  #held = 0;

  constructor(limits: PermitLimits) {
    this.#limits = limits;
  }

  get held(): number {
    return this.#held;
  }

  /** Takes a permit; the function it resolves to gives it back, once. */
  async take(): Promise<() => void> {
    if (this.#held < this.#limits.heldMax) this.#held++;
    else await this.#wait();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#held--;
      else next();
    };
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#limits.waitingMax) return Promise.reject(this.#busy());
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(admit), 1);
        reject(this.#busy());
      }, this.#limits.waitMsMax);
      this.#waiting.push(admit);
    });
  }

  #busy(): LfsbError {
    return new LfsbError('EUNAVAILABLE', `too many ${this.#limits.what} at once`, {
      hint: 'try again in a moment',
    });
  }
}
