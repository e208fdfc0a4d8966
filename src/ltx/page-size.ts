/** The largest page that SQLite and LTX know, in bytes. */
export const PAGE_SIZE_MAX = 65_536;

/** Bytes of the page number in front of each page, and of the end marker that is a page number of zero. */
export const PAGE_NUMBER_BYTES = 4;

/** The byte SQLite locks, at 1 GiB: the page that holds it is never part of a database's content. */
const PENDING_BYTE = 0x4000_0000;

/** Whether SQLite and LTX know pages of this many bytes: a power of two from 512 to 65536. */
export function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= PAGE_SIZE_MAX && (bytes & (bytes - 1)) === 0;
}

/** The number of the page that holds the lock byte. It is never stored, and reads as zeros. */
export function lockPage(pageSize: number): number {
  return PENDING_BYTE / pageSize + 1;
}
