import type { EventBody } from '../events/index.ts';
import type { AgentReplica } from './plan.ts';
import type { ReplicaReport } from './report.ts';
import { isValidationDue } from './schedule.ts';

/** A replica that failed is validated again so long after, ms: doubled with each failure, up to its interval. */
export const REVALIDATION_MS_MIN = 60_000;

type Told = NonNullable<ReplicaReport['validation']>;

interface Last extends Told {
  /** Of the point that was built, 16 hex digits. */
  readonly txid: string;
  /** How many failed in a row. */
  readonly failures: number;
}

/** The last validation of each replica of a database, and when the next one is due. */
export class Validations {
  readonly #startedAt: number;
  readonly #last = new Map<string, Last>();

  /** @param startedAt ms */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  of(replica: string): Told | null {
    return this.#last.get(replica) ?? null;
  }

  /**
   * One that failed is done again when the replica has got what mends it, so that it is not called failed for longer.
   * @param reached newest TXID that the replica has, 16 hex digits
   */
  isDue({ name, validationIntervalMs }: AgentReplica, reached: string, now: number): boolean {
    const last = this.#last.get(name) ?? null;
    const hasMoved = last !== null && last.failures > 0 && reached > last.txid;
    const pauseMs = hasMoved ? REVALIDATION_MS_MIN * 2 ** Math.min(last.failures - 1, 16) : null;
    const intervalMs =
      validationIntervalMs === null || pauseMs === null
        ? validationIntervalMs
        : Math.min(validationIntervalMs, pauseMs);
    return isValidationDue(intervalMs, { last: last?.at ?? null, startedAt: this.#startedAt, now });
  }

  record(replica: string, { outcome, failure, txid }: EventBody<'database.verified'>, now: number): void {
    const passed = outcome === 'passed';
    const failures = passed ? 0 : (this.#last.get(replica)?.failures ?? 0) + 1;
    this.#last.set(replica, { at: now, passed, message: failure?.message ?? null, txid, failures });
  }
}
