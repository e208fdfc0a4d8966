import type { ReplicaHealth } from '../projections/replicas.ts';
import type { ClockHealth } from './clock-health.ts';

/** Whether the server takes transactions, and how it stores them. */
export interface Readiness {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason?: string;
  readonly dataDirectory: string;
  /** Where transactions go for the long term, and how each fares. */
  readonly replicas: readonly ReplicaHealth[];
  readonly clock: ClockHealth;
  /** What an operator should know though the server takes transactions, a sentence each. */
  readonly warnings: readonly string[];
}
