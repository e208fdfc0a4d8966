import { kernels } from './kernels/index.ts';
import { parseTxid } from './txid.ts';

/** A stored checksum: bit 63 is set, so none is zero. */
export type Checksum = bigint;

/** Bit 63, OR-ed into every stored checksum. */
export const CHECKSUM_FLAG: Checksum = 1n << 63n;

/** The database checksum of an empty (or deleted) database. */
export const EMPTY_CHECKSUM: Checksum = CHECKSUM_FLAG;

/** 16 lower-case hex digits. */
export function formatChecksum(checksum: Checksum): string {
  return checksum.toString(16).padStart(16, '0');
}

/** The checksum that exactly 16 hex digits with bit 63 set spell, else undefined. */
export function parseChecksum(text: string): Checksum | undefined {
  const value = parseTxid(text);
  return value !== undefined && isFlagged(value) ? value : undefined;
}

/** Whether bit 63 is set, as it is in every stored checksum. */
export function isFlagged(value: bigint): boolean {
  return (value & CHECKSUM_FLAG) !== 0n;
}

/**
 * The checksum of one page: flag | crc64(page number as 4 bytes, page data).
 * For many pages use `frameChecksums`, which reads them in one pass.
 */
export function pageChecksum(pageNumber: number, data: Uint8Array): Checksum {
  const shared = kernels();
  shared.ensure(data.length + 4);
  const { memory } = shared;
  writePageNumber(memory, 0, pageNumber);
  memory.set(data, 4);
  return CHECKSUM_FLAG | shared.crc64(0n, 0, data.length + 4);
}

/**
 * The checksums of `count` frames (4-byte page number, then `pageSize` bytes) that lie one behind the other,
 * flag set, in their order.
 */
export function frameChecksums(frames: Uint8Array, count: number, pageSize: number): BigUint64Array {
  const shared = kernels();
  const bytes = count * (pageSize + 4);
  const sumsAt = Math.ceil(bytes / 8) * 8;
  shared.ensure(sumsAt + count * 8);
  const { memory } = shared;
  memory.set(frames.subarray(0, bytes), 0);
  shared.pageSums(0n, 0, count, pageSize + 4, sumsAt);
  return new BigUint64Array(memory.slice(sumsAt, sumsAt + count * 8).buffer);
}

/**
 * A database checksum after page checksums were added to it or taken from it: XOR does both. To change a page,
 * pass the checksum it had and the one it has now.
 */
export function toggleChecksums(database: Checksum, ...pages: Checksum[]): Checksum {
  let sum = database;
  for (const page of pages) sum ^= page;
  return sum | CHECKSUM_FLAG;
}

/** Writes a page number as 4 big-endian bytes. */
export function writePageNumber(target: Uint8Array, at: number, pageNumber: number): void {
  target[at] = pageNumber >>> 24;
  target[at + 1] = pageNumber >>> 16;
  target[at + 2] = pageNumber >>> 8;
  target[at + 3] = pageNumber;
}
