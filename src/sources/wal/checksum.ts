/** The two running sums of a WAL, unsigned 32-bit each (SQLite file format, 4.2). */
export interface WalSum {
  readonly s0: number;
  readonly s1: number;
}

const HOST_IS_BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

const swapped = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/** The words of some bytes in the machine's order. @throws RangeError when they do not lie on a word boundary */
export const wordsOf = (bytes: Uint8Array): Int32Array =>
  new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);

/**
 * Goes on with a sum over the words from index `from` up to, not including, `to`; an even number of them.
 * @param bigEndian how the WAL's magic says that words are to be read
 */
export function walSum(
  words: Int32Array,
  from: number,
  to: number,
  start: WalSum,
  bigEndian: boolean,
): WalSum {
  let s0 = start.s0 | 0;
  let s1 = start.s1 | 0;
  if (bigEndian === HOST_IS_BIG_ENDIAN) {
    for (let i = from; i < to; i += 2) {
      s0 = (((s0 + words[i]!) | 0) + s1) | 0;
      s1 = (((s1 + words[i + 1]!) | 0) + s0) | 0;
    }
  } else {
    for (let i = from; i < to; i += 2) {
      s0 = (s0 + swapped(words[i]!) + s1) | 0;
      s1 = (s1 + swapped(words[i + 1]!) + s0) | 0;
    }
  }
  return { s0: s0 >>> 0, s1: s1 >>> 0 };
}

export const isSameSum = (a: WalSum, b: WalSum): boolean => a.s0 === b.s0 && a.s1 === b.s1;
