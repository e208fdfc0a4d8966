/**
 * The hot loops of the codec. They work on one scratch memory, addressed by byte offsets, so that passes can
 * follow each other without copies. A caller copies in, calls, and copies out within one synchronous turn:
 * nothing in the scratch memory survives a return to the event loop.
 */
export interface Kernels {
  /** The scratch memory. Read it again after `ensure`: growing replaces the view. */
  readonly memory: Uint8Array;

  /** Makes the scratch memory at least `bytes` long. Content below the old length is kept. */
  ensure(bytes: number): void;

  /**
   * CRC-64/GO-ISO over `length` bytes at `at`, continued from `crc` (0n at the start), as Go's
   * `crc64.Update(crc, ISO, bytes)`: the value is complete after each call, without the flag bit.
   */
  crc64(crc: bigint, at: number, length: number): bigint;

  /**
   * Page checksums of `count` frames of `frameLength` bytes (4-byte page number and page) that lie one behind
   * the other from `at`. Writes `count` little-endian 64-bit checksums, flag bit set, to `sumsAt`, and returns
   * `crc` continued over all the frames (the frames are read once: the file's CRC follows from the pages').
   * `frameLength` is at least 1.
   */
  pageSums(crc: bigint, at: number, count: number, frameLength: number, sumsAt: number): bigint;

  /** Begins an xxHash-32 (seed 0) whose state takes XXH32_STATE_BYTES bytes at `state`. */
  xxh32Begin(state: number): void;
  xxh32Update(state: number, at: number, length: number): void;
  /** The hash so far, unsigned; the state may be continued. */
  xxh32Digest(state: number): number;

  /**
   * Decodes one LZ4 block of `length` bytes at `from` to `to`. Matches may reach back to `windowStart` (`to`
   * for an independent block, lower for a linked one whose history lies in front of `to`). Returns the decoded
   * length, or -1 when the block is malformed or would exceed `max` bytes, by the end rules of the reference
   * decoder (`LZ4_decompress_safe` with a capacity of `max`); an offset of 0 is malformed too. May write up to LZ4_SLACK_BYTES
   * beyond `to + max`, and read as far beyond `from + length`; content there is not used.
   */
  lz4Decode(from: number, length: number, to: number, max: number, windowStart: number): number;

  /**
   * Encodes `length` bytes (at most 65,536) at `from` as one independent LZ4 block at `to`. Returns the encoded
   * length, or 0 when it would not be shorter than `length`. May write up to `length` + LZ4_SLACK_BYTES bytes.
   */
  lz4Encode(from: number, length: number, to: number): number;
}

/** Bytes that `lz4Decode` and `lz4Encode` may touch beyond the end of their buffers. */
export const LZ4_SLACK_BYTES = 64;

/** Bytes of scratch memory that one xxHash-32 state takes. */
export const XXH32_STATE_BYTES = 64;
