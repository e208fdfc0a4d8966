/**
 * Refuses a range that leaves the scratch memory: a caller's mistake, never a property of the input. The
 * kernels read and write without further questions, so each call asks once, slack included.
 *
 * @throws RangeError when `at` or `length` is no whole number, is negative, or the range ends behind `size`.
 */
export function requireRange(size: number, at: number, length: number): void {
  if (
    !Number.isSafeInteger(at) ||
    !Number.isSafeInteger(length) ||
    at < 0 ||
    length < 0 ||
    at + length > size
  ) {
    throw new RangeError(`range of ${length} bytes at ${at} leaves the scratch memory of ${size} bytes`);
  }
}

/** Longest input of one `lz4Encode` call, in bytes: offsets into it must fit 16 bits. */
export const LZ4_ENCODE_BYTES_MAX = 65_536;

/** @throws RangeError when one encoder call is given more than LZ4_ENCODE_BYTES_MAX bytes. */
export function requireEncodable(length: number): void {
  if (length > LZ4_ENCODE_BYTES_MAX) throw new RangeError(`${length} bytes are too many for one LZ4 block`);
}
