import { writePageNumber } from './checksum.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';

/** Bytes of a block that frames lie in: four of the largest pages. */
const BLOCK_BYTES = 4 * (65_536 + PAGE_NUMBER_BYTES);

/** Blocks that are kept for the next use: 4 MiB. */
const BLOCKS_KEPT_MAX = 16;

/** The latest content of pages, as frames, in blocks that are used again. */
export class FrameStore {
  readonly #blocks: Uint8Array[] = [];
  readonly #slots = new Map<number, number>();
  #free: number[] = [];
  #used = 0;
  #frameLength = 0;

  /** Starts anew, with pages of this size. */
  begin(pageSize: number): void {
    this.clear();
    this.#frameLength = pageSize + PAGE_NUMBER_BYTES;
  }

  /** Bytes of the blocks that are in use. */
  get sizeBytes(): number {
    return this.#used * this.#frameLength;
  }

  set(pageNumber: number, content: Uint8Array): void {
    const known = this.#slots.get(pageNumber);
    const slot = known ?? this.#free.pop() ?? this.#used++;
    const frame = this.#at(slot);
    if (known === undefined) {
      this.#slots.set(pageNumber, slot);
      writePageNumber(frame, 0, pageNumber);
    }
    frame.set(content, PAGE_NUMBER_BYTES);
  }

  /** Forgets the pages above `commit`. */
  cut(commit: number): void {
    for (const [pageNumber, slot] of this.#slots) {
      if (pageNumber <= commit) continue;
      this.#slots.delete(pageNumber);
      this.#free.push(slot);
    }
  }

  /** The numbers of all pages, rising. */
  pageNumbers(): Uint32Array {
    return Uint32Array.from(this.#slots.keys()).sort();
  }

  /** The 4-byte page number and the page, until either is changed. */
  frame(pageNumber: number): Uint8Array {
    const slot = this.#slots.get(pageNumber);
    if (slot === undefined) throw new Error(`there is no page ${pageNumber}`);
    return this.#at(slot);
  }

  clear(): void {
    this.#blocks.splice(BLOCKS_KEPT_MAX);
    this.#slots.clear();
    this.#free = [];
    this.#used = 0;
  }

  #at(slot: number): Uint8Array {
    const perBlock = Math.floor(BLOCK_BYTES / this.#frameLength);
    const index = Math.floor(slot / perBlock);
    this.#blocks[index] ??= new Uint8Array(BLOCK_BYTES);
    const at = (slot % perBlock) * this.#frameLength;
    return this.#blocks[index].subarray(at, at + this.#frameLength);
  }
}
