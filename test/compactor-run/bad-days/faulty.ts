import { type Fault, type FaultPlan, isPossible } from '../../../src/storage/fault-plan.ts';
import { withFaults } from '../../../src/storage/faults.ts';
import type { Replica } from '../../../src/storage/index.ts';
import { withTimeouts } from '../../../src/storage/timeouts.ts';
import type { World } from '../world.ts';

/** How long a call that hangs is waited for, real ms. */
const PATIENCE_MS = 5;

/** A replica that goes wrong as it is told; it outlives the processes that speak to it. */
export class Faulty implements FaultPlan {
  /** What befalls the next calls, one each. */
  left: Fault[] = [];
  down = false;
  /** While the test itself reads, nothing goes wrong. */
  paused = false;
  #replica: Replica | null = null;

  next: FaultPlan['next'] = (operation) => {
    if (this.paused) return null;
    if (this.down) return 'error-before';
    const at = this.left.findIndex((fault) => isPossible(operation, fault));
    return at === -1 ? null : this.left.splice(at, 1)[0]!;
  };

  around(replica: Replica, world: World): Replica {
    const clock = () => world.engine.clock.monotonic;
    const limits = { answerMs: PATIENCE_MS, stallMs: PATIENCE_MS, bulkMs: PATIENCE_MS };
    // Deletions that are under way arrive, whoever asked for them.
    this.#replica ??= withFaults(replica, this, { clock, sleep: async () => undefined });
    return withTimeouts(this.#replica, limits);
  }
}
