export { crc64, pageSums } from './crc64';
export { lz4Decode } from './lz4-decode';
export { lz4Encode } from './lz4-encode';
export { xxh32Begin, xxh32Digest, xxh32Update } from './xxh32';

/** Where the memory behind the tables begins, 64-byte aligned. */
export function scratchStart(): usize {
  return (__heap_base + 63) & ~63;
}
