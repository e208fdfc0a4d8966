import type { Replica } from './replica.ts';

/** Deletions that wait; beyond that the test has lost sight of them. */
const WAITING_MAX = 100_000;

/** Deletions that were accepted somewhere on the way and reach the place when nobody expects them. */
export class LateDeletes {
  readonly #replica: Replica;
  readonly #clock: () => number;
  #waiting: { readonly dueMs: number; readonly keys: readonly string[] }[] = [];

  constructor(replica: Replica, clock: () => number) {
    this.#replica = replica;
    this.#clock = clock;
  }

  add(keys: readonly string[], lateMs: number): void {
    if (this.#waiting.length >= WAITING_MAX) throw new RangeError(`more than ${WAITING_MAX} late deletions`);
    this.#waiting.push({ dueMs: this.#clock() + lateMs, keys });
  }

  /** Carries out what is due. */
  async settle(): Promise<void> {
    const nowMs = this.#clock();
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= nowMs);
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > nowMs);
    for (const { keys } of due) await this.#replica.deleteMany(keys);
  }
}
