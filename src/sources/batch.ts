import type { WalFile } from './database-files.ts';
import { CursorLostError } from './failure.ts';
import {
  type CommitPlace,
  FrameList,
  FrameScan,
  isSameGeneration,
  type WalHeader,
  type WalPlace,
} from './wal/index.ts';

/** Frames of one batch at most: 8 bytes are kept of each. A single transaction that is larger is compared. */
export const BATCH_FRAMES_MAX = 1_048_576;

/** Whole transactions that lie one behind the other in a WAL. */
export interface Batch {
  readonly header: WalHeader;
  /** Frames of the WAL before them. */
  readonly from: WalPlace;
  readonly to: CommitPlace;
  readonly frames: FrameList;
  /** Whether they are all that was committed when the WAL was looked at. */
  readonly isAll: boolean;
}

/**
 * Reads transactions on from a place, up to the frame that `until` others lie before, which ends one; null when
 * the WAL was begun anew meanwhile.
 * @throws CursorLostError when it is damaged, or a transaction is too large
 */
export function readBatch(
  wal: WalFile,
  header: WalHeader,
  from: WalPlace,
  until: number,
  framesMax = BATCH_FRAMES_MAX,
): Batch | null {
  const frames = new FrameList();
  const scan = new FrameScan(header, from, (page, frame) => frames.add(page, frame));
  const whole = wal.scan(scan, header.pageSize, until, () => frames.count >= framesMax);
  const after = wal.header();
  if (after === null || !isSameGeneration(after, header)) return null;
  if (!whole) throw new CursorLostError(`the WAL is damaged in frame ${scan.frames + 1}`);
  const to = scan.committed;
  if (to === null) throw new CursorLostError('a transaction in the WAL is too large to be followed');
  frames.cut(to.frames - from.frames);
  return { header, from, to, frames, isAll: to.frames === until };
}
