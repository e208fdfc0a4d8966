import { isPageSize } from '../../ltx/index.ts';
import { isSameSum, type WalSum, walSum, wordsOf } from './checksum.ts';

/** Bytes before the first frame, and before each page (SQLite file format, 4.1). */
export const WAL_HEADER_BYTES = 32;
export const FRAME_HEADER_BYTES = 24;

const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;
const VERSION = 3_007_000;

/** One run of a WAL from a restart to the next: the salts tell it from all others. */
export interface WalGeneration {
  readonly salt1: number;
  readonly salt2: number;
}

/** What the first 32 bytes of a WAL say. */
export interface WalHeader extends WalGeneration {
  /** Whether the words that are summed are big-endian. */
  readonly bigEndian: boolean;
  readonly pageSize: number;
  /** How often the WAL was restarted. */
  readonly sequence: number;
  /** The sum of this header, from which that of the first frame goes on. */
  readonly sum: WalSum;
}

/** What the 24 bytes in front of a page say. */
export interface FrameHeader extends WalGeneration {
  readonly page: number;
  /** Database size in pages after the transaction that this frame ends; 0 within one. */
  readonly commit: number;
  readonly sum: WalSum;
}

/** Reads a WAL's header; null when it is not whole and right, as that of a WAL in which nothing was written. */
export function readWalHeader(source: Uint8Array): WalHeader | null {
  if (source.byteLength < WAL_HEADER_BYTES) return null;
  // A copy: sums are taken by words, and these may lie anywhere.
  const bytes = source.slice(0, WAL_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const magic = view.getUint32(0);
  if (magic !== MAGIC_LITTLE_ENDIAN && magic !== MAGIC_BIG_ENDIAN) return null;
  const pageSize = view.getUint32(8);
  if (view.getUint32(4) !== VERSION || !isPageSize(pageSize)) return null;
  const bigEndian = magic === MAGIC_BIG_ENDIAN;
  const sum = { s0: view.getUint32(24), s1: view.getUint32(28) };
  if (!isSameSum(sum, walSum(wordsOf(bytes), 0, 6, { s0: 0, s1: 0 }, bigEndian))) return null;
  const [sequence, salt1, salt2] = [view.getUint32(12), view.getUint32(16), view.getUint32(20)];
  return { bigEndian, pageSize, sequence, salt1, salt2, sum };
}

/** Reads the header of the frame that begins at `at`. */
export function readFrameHeader(bytes: Uint8Array, at = 0): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
  return {
    page: view.getUint32(0),
    commit: view.getUint32(4),
    salt1: view.getUint32(8),
    salt2: view.getUint32(12),
    sum: { s0: view.getUint32(16), s1: view.getUint32(20) },
  };
}

export const isSameGeneration = (a: WalGeneration, b: WalGeneration): boolean =>
  a.salt1 === b.salt1 && a.salt2 === b.salt2;

/** Whether `next` is what a WAL is restarted as: salt 1 counts up by one, salt 2 is new. */
export const isRestartOf = (next: WalGeneration, former: WalGeneration): boolean =>
  next.salt1 === (former.salt1 + 1) >>> 0;

export const frameBytes = (pageSize: number): number => pageSize + FRAME_HEADER_BYTES;

/** Where the frame begins that `frames` others lie before, bytes. */
export const frameOffset = (frames: number, pageSize: number): number =>
  WAL_HEADER_BYTES + frames * frameBytes(pageSize);
