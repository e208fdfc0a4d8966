import type { WalCursor } from './decisions/index.ts';
import { CursorLostError } from './failure.ts';
import { Overlay } from './overlay.ts';
import type { Session, WalLook } from './session.ts';
import { isSameGeneration, type WalSum } from './wal/index.ts';
import type { WholeState } from './whole.ts';

/** A database as it is now, to be read whole, and where its WAL is to be followed from afterwards. */
export interface Comparison {
  readonly whole: WholeState;
  readonly cursor: WalCursor;
}

/**
 * Takes the newest commit there is, under the reader. What is all in the main file needs nothing of the WAL, which
 * may be begun anew, or be damaged; else nobody can begin it anew before the reader goes.
 * @throws CursorLostError when the WAL is damaged, or was begun anew meanwhile
 */
export function beginComparison(session: Session): Comparison {
  const look = session.look();
  const { files, pageSize } = session;
  const { header, frames, backfilled } = look;
  if (frames === backfilled) {
    const whole = { files, pageSize, commit: mainPages(session), overlay: null, generation: header };
    return { whole, cursor: cursorAt(session, look) };
  }
  if (header === null) throw new CursorLostError('the header of the WAL is damaged');
  const overlay = new Overlay(files.wal, header, frames);
  const after = files.wal.header();
  if (after === null || !isSameGeneration(after, header)) {
    throw new CursorLostError('the WAL was begun anew while it was read');
  }
  const { commit, sum } = overlay.end;
  const whole = { files, pageSize, commit, overlay, generation: header };
  return { whole, cursor: { generation: header, frames, sum, settled: true } };
}

function mainPages({ files, pageSize, file }: Session): number {
  const header = files.main.header();
  return header?.pageCount ?? Number(file.sizeBytes / BigInt(pageSize));
}

/** The end of a WAL whose frames are not read; where it was emptied, its next header begins what is new. */
function cursorAt({ files, pageSize }: Session, { header, frames }: WalLook): WalCursor {
  if (header === null || frames === 0) return { generation: null, frames, sum: NOTHING, settled: true };
  const last = files.wal.frameHeader(frames - 1, pageSize);
  const after = files.wal.header();
  if (after === null || !isSameGeneration(after, header)) {
    throw new CursorLostError('the WAL was begun anew while it was read');
  }
  // A last frame that is damaged is passed over: what is written behind it will not fit, and is compared.
  return { generation: header, frames, sum: last?.sum ?? NOTHING, settled: true };
}

const NOTHING: WalSum = { s0: 0, s1: 0 };
