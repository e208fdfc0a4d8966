import { formatChecksum } from './checksum.ts';
import { checkContiguous, type LtxEnds } from './contiguity.ts';
import { LtxError } from './errors.ts';
import type { LtxHeader, LtxTrailer } from './header.ts';
import type { PageBatch } from './page-batch.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';
import type { PageSumTable } from './page-sum-table.ts';
import { LtxReader } from './reader.ts';

/** A database file, or something like it. */
export interface PageTarget {
  /** Writes at a byte offset, beyond the end too. `bytes` are free for others once the promise has resolved. */
  write(offset: number, bytes: Uint8Array): void | Promise<void>;
  /** Cuts the target to `size` bytes, or fills it up with zeros. */
  truncate(size: number): void | Promise<void>;
}

export interface ApplyOptions {
  /** The file applied before this one: this one must continue it. */
  previous?: LtxEnds;
  /** The target's page checksums, kept from file to file: proves the target's checksum after this file. */
  sums?: PageSumTable;
}

/**
 * Applies one file's pages to a target. They are written as they are decoded, before the file is proven: after
 * an error the target is neither what it was nor what it should be, so it must not be the only copy.
 *
 * @throws LtxError, or what source or target throw
 */
export async function applyLtx(
  source: AsyncIterable<Uint8Array>,
  target: PageTarget,
  options: ApplyOptions = {},
): Promise<{ header: LtxHeader; trailer: LtxTrailer }> {
  const reader = await LtxReader.open(source);
  try {
    const { header } = reader;
    if (options.previous !== undefined) checkContiguous([options.previous, { header }]);
    const runs = new PageRuns(header.pageSize);
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      options.sums?.write(batch);
      await runs.write(batch, target);
    }
    const trailer = reader.trailer!;
    verify(header, trailer, options.sums);
    await target.truncate(header.commit * header.pageSize);
    return { header, trailer };
  } finally {
    await reader.close();
  }
}

function verify(header: LtxHeader, trailer: LtxTrailer, sums: PageSumTable | undefined): void {
  if (sums === undefined) return;
  sums.truncate(header.commit);
  if (sums.checksum === trailer.postApplyChecksum) return;
  const wanted = formatChecksum(trailer.postApplyChecksum);
  const message = `the database has checksum ${formatChecksum(sums.checksum)}, not ${wanted}`;
  throw new LtxError('LTX_DATABASE_CHECKSUM', 0, message);
}

/** Writes neighbouring pages in one go. */
class PageRuns {
  readonly #pageSize: number;
  #buffer = new Uint8Array(0);

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  async write(batch: PageBatch, target: PageTarget): Promise<void> {
    const { count, pageNumbers } = batch;
    for (let from = 0, to = 1; from < count; from = to++) {
      while (to < count && pageNumbers[to] === pageNumbers[to - 1]! + 1) to++;
      await target.write((pageNumbers[from]! - 1) * this.#pageSize, this.#contents(batch.frames(), from, to));
    }
  }

  #contents(frames: Uint8Array, from: number, to: number): Uint8Array {
    const bytes = (to - from) * this.#pageSize;
    if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes);
    let at = from * (this.#pageSize + PAGE_NUMBER_BYTES);
    for (let out = 0; out < bytes; out += this.#pageSize) {
      at += PAGE_NUMBER_BYTES;
      this.#buffer.set(frames.subarray(at, at + this.#pageSize), out);
      at += this.#pageSize;
    }
    return this.#buffer.subarray(0, bytes);
  }
}
