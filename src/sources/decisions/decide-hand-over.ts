import { isSameGeneration, type WalGeneration } from '../wal/index.ts';

/** Frames that are committed in a WAL, and how many of them are in the main file already. */
export interface WalState {
  readonly frames: number;
  readonly backfilled: number;
}

/** Which WAL it is that they are in. */
export interface WalStand extends WalState {
  /** Null when it has no header: it is empty, or damaged. */
  readonly header: WalGeneration | null;
}

/** Whether nothing was committed between two looks. Lengths alone do not tell: the next WAL may be as long. */
export function isSameEnd(a: WalStand, b: WalStand): boolean {
  if (a.frames !== b.frames) return false;
  return a.header === null || b.header === null
    ? a.header === b.header
    : isSameGeneration(a.header, b.header);
}

/**
 * Whether a checkpoint of the application, which waits for readers of what is old, may wait for ours.
 * @param taken the WAL just before our reader was taken
 */
export function isInTheWay(taken: WalStand, now: WalStand): boolean {
  if (now.frames === 0) return false;
  // A reader of a complete WAL reads the main file, and nothing is copied into that: neither what a WAL that was begun
  // anew holds, nor what one does of which recovery forgot how much was copied. Any other keeps its WAL from the former.
  return !isSameEnd(taken, now) || isComplete(taken) !== isComplete(now);
}

/** Whether all of a WAL is in the main file. */
export const isComplete = ({ frames, backfilled }: WalStand): boolean => frames === backfilled;
