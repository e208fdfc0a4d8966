import { type Checksum, EMPTY_CHECKSUM, pageChecksum, toggleChecksums } from '../../../src/ltx/index.ts';

/** The pages of a SQLite file, by number from 1. */
export function* pagesOf(image: Uint8Array, pageSize: number): Generator<readonly [number, Uint8Array]> {
  for (let at = 0; at < image.byteLength; at += pageSize) {
    yield [at / pageSize + 1, image.subarray(at, at + pageSize)];
  }
}

/** The pages in which one SQLite file differs from another, or that the other has not. */
export function* changedPages(
  before: Uint8Array,
  after: Uint8Array,
  pageSize: number,
): Generator<readonly [number, Uint8Array]> {
  for (const [number, page] of pagesOf(after, pageSize)) {
    const at = (number - 1) * pageSize;
    const old = before.subarray(at, at + pageSize);
    if (Buffer.compare(old, page) !== 0) yield [number, page];
  }
}

/** A SQLite file's database checksum, from nothing but its pages. None of them is the lock page: it is small. */
export function checksumOf(image: Uint8Array, pageSize: number): Checksum {
  let checksum = EMPTY_CHECKSUM;
  for (const [number, page] of pagesOf(image, pageSize)) {
    checksum = toggleChecksums(checksum, pageChecksum(number, page));
  }
  return checksum;
}

/** Page size as bytes 16 and 17 of a SQLite file say. */
export function pageSizeOf(image: Uint8Array): number {
  const size = (image[16]! << 8) | image[17]!;
  return size === 1 ? 65_536 : size;
}

/** Whether bytes 18 and 19 say WAL mode. */
export const isWal = (image: Uint8Array): boolean => image[18] === 2 && image[19] === 2;
