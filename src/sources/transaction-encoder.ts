import {
  CHECKSUM_FLAG,
  type Checksum,
  LtxEncoder,
  type LtxHeader,
  PAGE_NUMBER_BYTES,
  writePageNumber,
} from '../ltx/index.ts';

/** Bytes of pages that are encoded at once. */
const STEP_BYTES = 262_144;

/** Bytes of a file that are gathered before they are handed on. */
const PIECE_BYTES = 131_072;

/** What may come beyond that: one step that did not shrink, and the ends of the file. */
const SLACK_BYTES = STEP_BYTES + 131_072;

/**
 * Makes an LTX file of pages that rise, and works out the checksum of the database after it: that of before, the
 * old page checksums taken out and the new ones put in.
 */
export class TransactionEncoder {
  readonly #encoder: LtxEncoder;
  readonly #sumOf: (page: number) => bigint;
  readonly #pageSize: number;
  readonly #frames: Uint8Array;
  readonly #numbers: Uint32Array;
  #count = 0;
  #summed = 0;
  #sum: bigint;
  #pages = 0;
  #piece = new Uint8Array(PIECE_BYTES + SLACK_BYTES);
  #gathered = 0;

  /** @param sumOf the checksum of a page as it is stored, 0 where there is none */
  constructor(header: LtxHeader, sumOf: (page: number) => bigint) {
    this.#sumOf = sumOf;
    this.#pageSize = header.pageSize;
    this.#sum = header.preApplyChecksum;
    const count = Math.max(1, Math.floor(STEP_BYTES / header.pageSize));
    this.#frames = new Uint8Array(count * (header.pageSize + PAGE_NUMBER_BYTES));
    this.#numbers = new Uint32Array(count);
    this.#encoder = new LtxEncoder(header, (piece) => this.#gather(piece), {
      onSums: (sums) => this.#takeSums(sums),
      lend: true,
    });
  }

  get pages(): number {
    return this.#pages;
  }

  /** The next page's place, to be filled before the next call. */
  page(number: number): Uint8Array {
    if (this.#count === this.#numbers.length) this.#encode();
    const at = this.#count * (this.#pageSize + PAGE_NUMBER_BYTES);
    writePageNumber(this.#frames, at, number);
    this.#numbers[this.#count++] = number;
    this.#pages += 1;
    return this.#frames.subarray(at + PAGE_NUMBER_BYTES, at + PAGE_NUMBER_BYTES + this.#pageSize);
  }

  /** The pages from `first` to `last` are no more. */
  drop(first: number, last: number): void {
    for (let page = first; page <= last; page++) this.#sum ^= this.#sumOf(page);
  }

  /** What there is of the file, once it is enough to be handed on; null otherwise. */
  take(): Uint8Array | null {
    return this.#gathered < PIECE_BYTES ? null : this.#join();
  }

  /** Ends the file. `checksum` is that of the database after it. */
  end(): { readonly checksum: Checksum; readonly rest: Uint8Array } {
    this.#encode();
    const checksum = this.#sum | CHECKSUM_FLAG;
    this.#encoder.end(checksum);
    return { checksum, rest: this.#join() };
  }

  #encode(): void {
    this.#summed = 0;
    this.#encoder.frames(this.#frames, this.#count);
    this.#count = 0;
  }

  #takeSums(sums: BigUint64Array): void {
    for (const sum of sums) this.#sum ^= sum ^ this.#sumOf(this.#numbers[this.#summed++]!);
  }

  #gather(piece: Uint8Array): void {
    this.#piece.set(piece, this.#gathered);
    this.#gathered += piece.byteLength;
  }

  /** A copy of its own, which may be handed to another thread. */
  #join(): Uint8Array {
    const joined = this.#piece.slice(0, this.#gathered);
    this.#gathered = 0;
    return joined;
  }
}
