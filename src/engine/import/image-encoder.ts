import {
  type Checksum,
  EMPTY_CHECKSUM,
  FLAG_COMPRESSED,
  LtxEncoder,
  type LtxHeader,
  type LtxOutline,
  lockPage,
  PAGE_NUMBER_BYTES,
  writePageNumber,
} from '../../ltx/index.ts';
import { IMPORT_BUFFER_BYTES } from './limits.ts';
import { VERSIONS_AT } from './sqlite-header.ts';

/** Bytes 18 and 19 of page 1: the write and the read version. */
export type Versions = readonly [number, number];

export const WAL_VERSIONS: Versions = [2, 2];

/** Takes page numbers and their checksums, in views that are valid within the call. */
export type OnSums = (numbers: Uint32Array, sums: BigUint64Array) => void;

/** A header that takes any pages in rising order: which one the file gets is known when its place is. */
const provisionalHeader = (pageSize: number): LtxHeader => ({
  flags: FLAG_COMPRESSED,
  pageSize,
  commit: 0xffff_ffff,
  minTxid: 2n,
  maxTxid: 2n,
  timestampMs: 0n,
  preApplyChecksum: EMPTY_CHECKSUM,
  walOffset: 0n,
  walSize: 0n,
  walSalt1: 0,
  walSalt2: 0,
  nodeId: 0n,
});

/** Turns the pages of a database into an LTX file under a provisional header, in bounded memory. */
export class ImageEncoder {
  readonly #header: LtxHeader;
  readonly #encoder: LtxEncoder;
  readonly #onSums: OnSums;
  readonly #lockPage: number;
  readonly #frames: Uint8Array;
  readonly #numbers: Uint32Array;
  #summed = 0;
  #nextPage = 1;
  #pages = 0;

  /** @param emit takes pieces of the file, which are valid within the call only */
  constructor(pageSize: number, emit: (chunk: Uint8Array) => void, onSums: OnSums) {
    this.#header = provisionalHeader(pageSize);
    this.#onSums = onSums;
    this.#lockPage = lockPage(pageSize);
    const framesMax = IMPORT_BUFFER_BYTES / pageSize;
    this.#frames = new Uint8Array(framesMax * (pageSize + PAGE_NUMBER_BYTES));
    this.#numbers = new Uint32Array(framesMax);
    this.#encoder = new LtxEncoder(this.#header, emit, { lend: true, onSums: (sums) => this.#sums(sums) });
  }

  /** Adds pages as they follow each other in the file, IMPORT_BUFFER_BYTES at most; the lock page is left out. */
  image(bytes: Uint8Array): void {
    const { pageSize } = this.#header;
    let count = 0;
    let at = 0;
    for (let from = 0; from < bytes.byteLength; from += pageSize) {
      const page = this.#nextPage++;
      if (page === this.#lockPage) continue;
      this.#numbers[count++] = page;
      writePageNumber(this.#frames, at, page);
      this.#frames.set(bytes.subarray(from, from + pageSize), at + PAGE_NUMBER_BYTES);
      at += pageSize + PAGE_NUMBER_BYTES;
    }
    this.#add(this.#frames, count);
  }

  /** Adds frames of another file: 4-byte page number and page each. */
  frames(frames: Uint8Array, numbers: Uint32Array, count: number): void {
    const frameLength = this.#header.pageSize + PAGE_NUMBER_BYTES;
    const most = this.#numbers.length;
    for (let from = 0; from < count; from += most) {
      const some = Math.min(most, count - from);
      this.#numbers.set(numbers.subarray(from, from + some));
      this.#add(frames.subarray(from * frameLength), some);
    }
  }

  /** @param postApplyChecksum that of the pages unless given, which is right when they are all there are */
  end(postApplyChecksum: Checksum = this.#encoder.pagesChecksum): LtxOutline {
    const trailer = this.#encoder.end(postApplyChecksum);
    return { header: this.#header, trailer, pages: this.#pages };
  }

  #add(frames: Uint8Array, count: number): void {
    this.#summed = 0;
    this.#encoder.frames(frames, count);
    this.#pages += count;
  }

  #sums(sums: BigUint64Array): void {
    const from = this.#summed;
    this.#summed += sums.length;
    this.#onSums(this.#numbers.subarray(from, this.#summed), sums);
  }
}

/** Sets the versions of a database whose page 1 begins at `at`. */
export function setVersions(bytes: Uint8Array, at: number, [write, read]: Versions): void {
  bytes[at + VERSIONS_AT] = write;
  bytes[at + VERSIONS_AT + 1] = read;
}

export const versionsOf = (page: Uint8Array): Versions => [
  page[VERSIONS_AT] ?? 0,
  page[VERSIONS_AT + 1] ?? 0,
];
