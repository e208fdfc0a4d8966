/** How the log of one replica stands. */
export interface SealingState {
  /** The replica has the log up to here, the log itself ends there. */
  readonly sealedSeq: number;
  readonly headSeq: number;
  /** Whether anything but sealing itself has happened since. */
  readonly hasNews: boolean;
  /** Whether events that the replica lacks have left the data directory. */
  readonly isBehindBorder: boolean;
  /** A put that was begun and has no outcome. */
  readonly unfinished: SealStep | null;
  /** The newest checkpoint in the data directory, and on the replica; 0 for none. */
  readonly baseSeq: number;
  readonly checkpointSeq: number;
  /** When the last object of either kind was stored there, ms; null: never. */
  readonly lastPutAt: number | null;
  /** The last segment was cut short: more waits than one holds. */
  readonly isCatchingUp: boolean;
}

/** What is put to a replica next. A segment without an end is cut where its limits say. */
export type SealStep =
  | { readonly kind: 'segment'; readonly firstSeq: number; readonly lastSeq: number | null }
  | { readonly kind: 'checkpoint'; readonly seq: number };

/**
 * What is due on one replica, or null. At most one object an interval, unless segments are behind: a checkpoint
 * takes the place of a segment, and waits until all that it follows from is on the replica.
 */
export function decideSealing(state: SealingState, wall: number, intervalMs: number): SealStep | null {
  if (state.unfinished !== null) return state.unfinished;
  const sinceLast = state.lastPutAt === null ? intervalMs : wall - state.lastPutAt;
  // A clock that went back holds nothing up.
  if (sinceLast >= 0 && sinceLast < intervalMs && !state.isCatchingUp) return null;
  if (state.baseSeq > state.checkpointSeq && state.sealedSeq >= state.baseSeq && !state.isCatchingUp) {
    return { kind: 'checkpoint', seq: state.baseSeq };
  }
  const isDue = state.sealedSeq < state.headSeq && (state.hasNews || state.isBehindBorder);
  return isDue ? { kind: 'segment', firstSeq: state.sealedSeq + 1, lastSeq: null } : null;
}

/** What has happened since the newest checkpoint, or since the log began. */
export interface SinceCheckpoint {
  readonly events: number;
  readonly textBytes: number;
  /** When it was made, or the first event happened, ms. */
  readonly since: number;
  readonly hasNews: boolean;
}

export interface CheckpointLimits {
  readonly checkpointIntervalMs: number;
  readonly checkpointEvents: number;
  readonly checkpointTextBytes: number;
}

/** Whether a checkpoint is due. */
export function isCheckpointDue(
  { events, textBytes, since, hasNews }: SinceCheckpoint,
  wall: number,
  limits: CheckpointLimits,
): boolean {
  if (!hasNews) return false;
  return (
    events >= limits.checkpointEvents ||
    textBytes >= limits.checkpointTextBytes ||
    wall - since >= limits.checkpointIntervalMs
  );
}

export interface TrimState {
  readonly headSeq: number;
  readonly borderSeq: number;
  /** What every required replica and the data directory hold in segments and a checkpoint. */
  readonly safeSeq: number;
  /** The events after this one take all the bytes that are kept; 0 while all fit. */
  readonly fullSeq: number;
}

/** Up to which event the log leaves the data directory now; null when nothing does. */
export function decideTrim(
  { headSeq, borderSeq, safeSeq, fullSeq }: TrimState,
  keptEvents: number,
): number | null {
  const through = Math.min(safeSeq, Math.max(headSeq - keptEvents, fullSeq));
  return through > borderSeq ? through : null;
}
