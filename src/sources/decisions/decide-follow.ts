import { isRestartOf, isSameGeneration, type WalHeader } from '../wal/index.ts';
import type { WalCursor } from './cursor.ts';

export type FollowDecision =
  /** The WAL is the one that the cursor is in, or none was written yet. */
  | { readonly kind: 'same' }
  /** The WAL was begun anew, and all that it held before was read. */
  | { readonly kind: 'restarted'; readonly cursor: WalCursor }
  /** Something may have been overwritten before it was read. */
  | { readonly kind: 'lost'; readonly reason: string };

/** What it means for a cursor that the WAL now has this header, when the reader was held all the time. */
export function decideFollow(cursor: WalCursor, header: WalHeader | null): FollowDecision {
  const { generation } = cursor;
  if (header === null) return { kind: 'same' };
  if (generation !== null && isSameGeneration(generation, header)) return { kind: 'same' };
  if (!cursor.settled) return lost('the WAL was begun anew before it was read to its end');
  if (generation !== null && !isRestartOf(header, generation)) {
    return lost('the WAL was begun anew more than once');
  }
  return { kind: 'restarted', cursor: startOf(header) };
}

/** At the start of a generation. */
export const startOf = (header: WalHeader): WalCursor => ({
  generation: header,
  frames: 0,
  sum: header.sum,
  settled: false,
});

const lost = (reason: string): FollowDecision => ({ kind: 'lost', reason });
