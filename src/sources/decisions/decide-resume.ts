import type { Pos } from '../../ltx/index.ts';
import {
  type FrameHeader,
  isRestartOf,
  isSameGeneration,
  isSameSum,
  type WalHeader,
  type WalPlace,
} from '../wal/index.ts';
import { type FileIdentity, isSameFile, type SourceRecord } from './cursor.ts';

/** What is there when a database is opened, its reader held. */
export interface ResumeContext {
  readonly record: SourceRecord | null;
  /** The position that the log has; null when it has none. */
  readonly pos: Pos | null;
  readonly file: FileIdentity;
  readonly header: WalHeader | null;
  /** Frames that are committed in the WAL. */
  readonly frames: number;
  /** The frame that was the last when the record was made, where there was one and the file goes so far. */
  readonly lastFrame: FrameHeader | null;
  /** The frame behind that one. */
  readonly nextFrame: FrameHeader | null;
}

export type ResumeDecision =
  /** The WAL was only appended to: go on from the record. */
  | { readonly kind: 'continue'; readonly from: WalPlace }
  /** All of the former generation was read: go on at the start of this one. */
  | { readonly kind: 'start' }
  /** What happened meanwhile is not in the WAL, or cannot be known: compare the whole database. */
  | { readonly kind: 'compare'; readonly reason: string };

/**
 * Where to go on after a stop (`litestream.md`, Reading the WAL). A main file that was written to since is not
 * believed even where the WAL fits: it may be a copy that was put over it.
 */
export function decideResume(context: ResumeContext): ResumeDecision {
  const { record, header } = context;
  const doubt = doubtOf(context);
  if (record === null || header === null || doubt !== null) return compare(doubt ?? 'nothing is known of it');
  if (isSameGeneration(record.generation, header)) {
    return isThere(context, record) && context.frames >= record.frames
      ? { kind: 'continue', from: { frames: record.frames, sum: record.sum } }
      : compare('the WAL is not the one that was read');
  }
  if (!isRestartOf(header, record.generation)) return compare('the WAL was begun anew more than once');
  return isThere(context, record) && !goesOn(context, record)
    ? { kind: 'start' }
    : compare('the WAL was begun anew, and what it held before cannot be told');
}

const compare = (reason: string): ResumeDecision => ({ kind: 'compare', reason });

function doubtOf({ record, pos, file, header }: ResumeContext): string | null {
  if (pos === null) return 'nothing is stored of it yet';
  if (record === null) return 'where its WAL stood was not recorded';
  if (record.pos.txid !== pos.txid || record.pos.checksum !== pos.checksum) {
    return 'where its WAL stood was recorded for another position';
  }
  if (!isSameFile(record.file, file)) return 'the file was replaced';
  if (record.file.writtenNs !== file.writtenNs || record.file.sizeBytes !== file.sizeBytes) {
    return 'the file was written to meanwhile';
  }
  if (header === null) return 'the WAL is gone or empty';
  return header.pageSize === record.pageSize ? null : 'the page size is another';
}

/** Whether the frame that was the last one is still there, perhaps behind newer ones. */
function isThere({ lastFrame }: ResumeContext, record: SourceRecord): boolean {
  if (record.frames === 0) return lastFrame === null;
  return (
    lastFrame !== null &&
    isSameGeneration(lastFrame, record.generation) &&
    isSameSum(lastFrame.sum, record.sum)
  );
}

/** Whether something of the recorded generation lies behind what was read of it. */
const goesOn = ({ nextFrame }: ResumeContext, record: SourceRecord): boolean =>
  nextFrame !== null && isSameGeneration(nextFrame, record.generation);
