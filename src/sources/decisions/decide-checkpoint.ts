/** Frames in the WAL after which it is checkpointed (`litestream.md`). */
export const CHECKPOINT_FRAMES_MIN = 1_000;

/** Time after the last change when it is checkpointed whatever it holds, ms. */
export const CHECKPOINT_INTERVAL_MS = 60_000;

/** Time until a checkpoint is tried again that readers or a writer of the application kept from its end, ms. */
export const CHECKPOINT_RETRY_MS = 5_000;

export interface CheckpointOptions {
  readonly framesMin: number;
  readonly intervalMs: number;
}

export interface CheckpointContext {
  /** Frames that are committed in the WAL, and how many of them are in the main file already. */
  readonly frames: number;
  readonly backfilled: number;
  readonly nowMs: number;
  /** When the WAL was last seen to have changed, ms. */
  readonly changedMs: number;
  /** The last attempt that did not get to the end of the WAL; null when the last one did. */
  readonly unfinished: { readonly atMs: number; readonly frames: number } | null;
}

/** Whether it is time for a checkpoint. */
export function isCheckpointDue(context: CheckpointContext, options: CheckpointOptions): boolean {
  const { frames, backfilled, nowMs, changedMs, unfinished } = context;
  if (frames <= backfilled) return false;
  if (frames < options.framesMin && nowMs - changedMs < options.intervalMs) return false;
  if (unfinished === null) return true;
  return nowMs - unfinished.atMs >= CHECKPOINT_RETRY_MS || frames - unfinished.frames >= options.framesMin;
}
