import { REFUSAL_RECORD_INTERVAL_MS, type RefusalHistory } from '../../commands/record-refusal.ts';

/** Names and codes whose refusals are remembered; the one refused longest ago is forgotten first. */
export const REFUSAL_HISTORIES_MAX = 10_000;

/** Refusals recorded in a minute over all names: a flood of invented names must not fill the log. */
export const REFUSALS_RECORDED_PER_MINUTE_MAX = 600;

const NEVER: RefusalHistory = { recordedAt: null, suppressed: 0 };

/** Remembers which refusals were recorded lately. A restart forgets: then one more is recorded. */
export class RefusalLimiter {
  readonly #histories = new Map<string, RefusalHistory>();
  #minute = Number.NEGATIVE_INFINITY;
  #recorded = 0;

  history(key: string): RefusalHistory {
    return this.#histories.get(key) ?? NEVER;
  }

  remember(key: string, history: RefusalHistory): void {
    this.#histories.delete(key);
    this.#histories.set(key, history);
    if (this.#histories.size <= REFUSAL_HISTORIES_MAX) return;
    for (const oldest of this.#histories.keys()) {
      this.#histories.delete(oldest);
      return;
    }
  }

  /** Takes one of this minute's records; false when there is none left. */
  take(now: number): boolean {
    if (Math.abs(now - this.#minute) >= REFUSAL_RECORD_INTERVAL_MS) {
      this.#minute = now;
      this.#recorded = 0;
    }
    if (this.#recorded >= REFUSALS_RECORDED_PER_MINUTE_MAX) return false;
    this.#recorded++;
    return true;
  }
}
