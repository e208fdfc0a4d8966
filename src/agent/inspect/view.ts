import type { ReplicaSpace } from '../../storage/index.ts';

/** How a replica fares, in words. */
export type ReplicaState =
  | 'current'
  | 'behind'
  | 'never replicated'
  | 'failing'
  | 'damaged'
  | 'validation failed';

/** A restore point. `timestamp` is in ms. */
export interface PointView {
  readonly txid: string;
  readonly timestamp: number;
}

/** What the log of a database says of one of its replicas. Times are in ms. */
export interface ReplicaView {
  readonly name: string;
  readonly url: string;
  readonly state: ReplicaState;
  /** What is wrong, in the words of the log; null when nothing is. */
  readonly message: string | null;
  /** It has everything up to here; null for nothing. */
  readonly txid: string | null;
  /** How long the first transaction that it lacks has waited; 0 when it lacks none. */
  readonly lagMs: number;
  /** When a file was last stored there. */
  readonly lastSuccessAt: number | null;
  /** First and last restore point. */
  readonly window: { readonly first: PointView; readonly last: PointView } | null;
  readonly validation: {
    readonly at: number;
    readonly passed: boolean;
    readonly message: string | null;
  } | null;
  /** What is stored there. */
  readonly files: number;
  readonly sizeBytes: number;
  /** Room that is left; null where the place does not say, or was not asked. */
  readonly space: ReplicaSpace | null;
}

/** What is known of a configured database without asking the agent. */
export interface DatabaseView {
  readonly path: string;
  readonly metaPath: string;
  /** Whether an agent holds the log; null where that cannot be told. */
  readonly isRunning: boolean | null;
  /** Why the log cannot be read; null when it can, or there is none yet. */
  readonly unreadable: string | null;
  /** Newest transaction in the log; null when there is none. */
  readonly txid: string | null;
  readonly sizeBytes: number;
  readonly replicas: readonly ReplicaView[];
}

/** A replica may lag by two sync intervals, one of which is under way, and by the time that a transfer takes, ms. */
const TRANSFER_MS = 30_000;

export interface StateFacts extends Pick<ReplicaView, 'txid' | 'lagMs' | 'validation'> {
  readonly isFailing: boolean;
  /** Missing or damaged files keep it from its newest point. */
  readonly isDamaged: boolean;
  readonly syncIntervalMs: number;
}

/** The word for it: what needs somebody to look comes first. */
export function stateOf({
  isFailing,
  isDamaged,
  validation,
  txid,
  lagMs,
  syncIntervalMs,
}: StateFacts): ReplicaState {
  if (isFailing) return 'failing';
  if (isDamaged) return 'damaged';
  if (validation?.passed === false) return 'validation failed';
  if (txid === null) return 'never replicated';
  return lagMs > 2 * syncIntervalMs + TRANSFER_MS ? 'behind' : 'current';
}
