import type { Timer } from '../../src/compactor/run/timer.ts';

/** A clock and a timer that the test turns. */
export class Driven implements Timer {
  wall = 1_800_000_000_000;
  monotonic = 0;
  readonly #runs = new Set<() => void>();

  clock = () => ({ wall: this.wall, monotonic: this.monotonic });

  every(_milliseconds: number, run: () => void): () => void {
    this.#runs.add(run);
    return () => this.#runs.delete(run);
  }

  pass(milliseconds: number): void {
    this.wall += milliseconds;
    this.monotonic += milliseconds;
    for (const run of this.#runs) run();
  }
}
