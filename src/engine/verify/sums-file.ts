import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKSUM_FLAG, type Checksum, type PageBatch } from '../../ltx/index.ts';

/** Page checksums held at once: a database may have more pages than there is memory. */
const BLOCK_PAGES = 8_192;
const SUM_BYTES = 8;

/** What a page was before, in 32-bit numbers: its number, and its checksum, low half first. */
const UNDO_FIELDS = 3;
const UNDO_BUFFER_RECORDS = 4_096;
const UNDO_BYTES = UNDO_FIELDS * 4;

/**
 * The page checksums of a database, on disk, and their XOR; what was written can be taken back. Its files have no
 * names, so that they go with the process. Pages are best written in rising order.
 */
export class SumsFile implements Disposable {
  readonly #sums: number;
  readonly #undo: number;
  /** Checksums in 32-bit halves, low first; zero where there is no page. */
  readonly #block = new Uint32Array(BLOCK_PAGES * 2);
  #blockIndex = 0;
  #isDirty = false;
  readonly #records = new Uint32Array(UNDO_BUFFER_RECORDS * UNDO_FIELDS);
  #pending = 0;
  #flushed = 0;
  #low = 0;
  #high = 0;
  #pages = 0;
  #end = 0;

  constructor(directory: string) {
    this.#sums = openUnnamed(directory);
    this.#undo = openUnnamed(directory);
  }

  /** The database checksum. */
  get checksum(): Checksum {
    return CHECKSUM_FLAG | (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }

  /** Pages that there are. */
  get pages(): number {
    return this.#pages;
  }

  /** Where `rollback` comes back to. */
  get mark(): number {
    return this.#flushed + this.#pending;
  }

  /** Replaces the checksums of the pages of a batch. */
  write({ sums, pageNumbers, count }: Pick<PageBatch, 'sums' | 'pageNumbers' | 'count'>): void {
    const halves = new Uint32Array(sums.buffer, sums.byteOffset, count * 2);
    for (let i = 0; i < count; i++) this.#replace(pageNumbers[i]! - 1, halves[2 * i]!, halves[2 * i + 1]!);
  }

  /** Forgets the pages above `commit`. */
  truncate(commit: number): void {
    for (let page = commit; page < this.#end; page++) this.#replace(page, 0, 0);
    this.#end = Math.min(this.#end, commit);
  }

  /** Takes back what was written since a mark. */
  rollback(mark: number): void {
    this.#flushUndo();
    while (this.#flushed > mark) {
      const count = Math.min(UNDO_BUFFER_RECORDS, this.#flushed - mark);
      const from = this.#flushed - count;
      readWhole(this.#undo, bytesOf(this.#records, count * UNDO_FIELDS), from * UNDO_BYTES);
      for (let i = count - 1; i >= 0; i--) {
        const at = i * UNDO_FIELDS;
        this.#put(this.#records[at]!, this.#records[at + 1]!, this.#records[at + 2]!);
      }
      this.#flushed = from;
    }
    ftruncateSync(this.#undo, this.#flushed * UNDO_BYTES);
  }

  /** Nothing is there any more, and nothing can be taken back. */
  clear(): void {
    ftruncateSync(this.#sums, 0);
    ftruncateSync(this.#undo, 0);
    this.#block.fill(0);
    this.#blockIndex = 0;
    this.#isDirty = false;
    this.#pending = 0;
    this.#flushed = 0;
    this.#low = 0;
    this.#high = 0;
    this.#pages = 0;
    this.#end = 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.#sums);
    closeSync(this.#undo);
  }

  #replace(page: number, low: number, high: number): void {
    const at = this.#seek(page);
    this.#remember(page, this.#block[at]!, this.#block[at + 1]!);
    this.#put(page, low, high);
  }

  #put(page: number, low: number, high: number): void {
    const at = this.#seek(page);
    const [before, beforeHigh] = [this.#block[at]!, this.#block[at + 1]!];
    this.#low ^= before ^ low;
    this.#high ^= beforeHigh ^ high;
    // A checksum has its highest bit set: zero is no page.
    this.#pages += (high === 0 ? 0 : 1) - (beforeHigh === 0 ? 0 : 1);
    this.#block[at] = low;
    this.#block[at + 1] = high;
    this.#isDirty = true;
    this.#end = Math.max(this.#end, page + 1);
  }

  /** Index in the block of a page's checksum, after the block that has it was loaded. */
  #seek(page: number): number {
    const index = Math.floor(page / BLOCK_PAGES);
    if (index !== this.#blockIndex) this.#load(index);
    return (page - index * BLOCK_PAGES) * 2;
  }

  #load(index: number): void {
    const bytes = bytesOf(this.#block, this.#block.length);
    const size = BLOCK_PAGES * SUM_BYTES;
    if (this.#isDirty) writeWhole(this.#sums, bytes, this.#blockIndex * size);
    bytes.fill(0);
    readWhole(this.#sums, bytes, index * size);
    this.#blockIndex = index;
    this.#isDirty = false;
  }

  #remember(page: number, low: number, high: number): void {
    this.#records.set([page, low, high], this.#pending * UNDO_FIELDS);
    if (++this.#pending === UNDO_BUFFER_RECORDS) this.#flushUndo();
  }

  #flushUndo(): void {
    writeWhole(this.#undo, bytesOf(this.#records, this.#pending * UNDO_FIELDS), this.#flushed * UNDO_BYTES);
    this.#flushed += this.#pending;
    this.#pending = 0;
  }
}

const bytesOf = (numbers: Uint32Array, count: number): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, count * 4);

function openUnnamed(directory: string): number {
  const path = join(directory, `${randomUUID()}.sums`);
  const file = openSync(path, 'wx+');
  unlinkSync(path);
  return file;
}

/** Reads up to the end of the file, if that comes first. */
function readWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.byteLength; ) {
    const count = readSync(file, bytes, at, bytes.byteLength - at, position + at);
    if (count === 0) return;
    at += count;
  }
}

function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.byteLength; )
    at += writeSync(file, bytes, at, bytes.byteLength - at, position + at);
}
