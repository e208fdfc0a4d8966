import { isSameSum, type WalSum, walSum, wordsOf } from './checksum.ts';
import {
  FRAME_HEADER_BYTES,
  frameBytes,
  isSameGeneration,
  readFrameHeader,
  type WalHeader,
} from './header.ts';

/** How far a WAL was read: `frames` of its generation, the last of which has the sum. */
export interface WalPlace {
  /** Frames from the start of the file. */
  readonly frames: number;
  readonly sum: WalSum;
}

/** A place at which a transaction ends. */
export interface CommitPlace extends WalPlace {
  /** Database size in pages. */
  readonly commit: number;
}

/** Told of each frame that is right: the page's number, and the frame's, which counts from 0. */
export type OnFrame = (page: number, frame: number) => void;

const WORD_BYTES = 4;

/** Follows the frames of one generation of a WAL, and holds each to its salts and its sum. */
export class FrameScan {
  readonly #header: WalHeader;
  readonly #onFrame: OnFrame;
  #frames: number;
  #sum: WalSum;
  #committed: CommitPlace | null = null;

  constructor(header: WalHeader, from: WalPlace, onFrame: OnFrame) {
    this.#header = header;
    this.#onFrame = onFrame;
    this.#frames = from.frames;
    this.#sum = from.sum;
  }

  /** Frames from the start of the file that were found right. */
  get frames(): number {
    return this.#frames;
  }

  /** The end of the last whole transaction since the scan began; null when there is none. */
  get committed(): CommitPlace | null {
    return this.#committed;
  }

  /**
   * Takes the next `count` frames, which lie one behind the other from the start of `bytes`, at a word boundary.
   * @returns false at the first frame that is not of this generation, or not as it was written
   */
  take(bytes: Uint8Array, count: number): boolean {
    const length = frameBytes(this.#header.pageSize);
    const words = wordsOf(bytes);
    for (let i = 0; i < count; i++) if (!this.#takeOne(bytes, words, i * length)) return false;
    return true;
  }

  #takeOne(bytes: Uint8Array, words: Int32Array, at: number): boolean {
    const { bigEndian, pageSize } = this.#header;
    const frame = readFrameHeader(bytes, at);
    if (!isSameGeneration(frame, this.#header) || frame.page === 0) return false;
    const head = at / WORD_BYTES;
    const page = (at + FRAME_HEADER_BYTES) / WORD_BYTES;
    const ofHead = walSum(words, head, head + 2, this.#sum, bigEndian);
    const sum = walSum(words, page, page + pageSize / WORD_BYTES, ofHead, bigEndian);
    if (!isSameSum(sum, frame.sum)) return false;
    this.#onFrame(frame.page, this.#frames);
    this.#frames += 1;
    this.#sum = sum;
    if (frame.commit > 0) this.#committed = { frames: this.#frames, sum, commit: frame.commit };
    return true;
  }
}
