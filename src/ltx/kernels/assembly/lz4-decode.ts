// One LZ4 block, by the rules of the reference decoder. Copies go by 16 bytes and run over their end by at most
// 15, which the caller's slack takes, so a sequence needs its bounds checked once and not per byte. Nothing is
// copied that was not checked, but for a first chunk of 16 bytes at `ip` and `op`, which are never behind their
// ends. Invariants at each token: from <= ip < end, to <= op <= limit.

import {
  AFTER_LITERALS,
  AFTER_MATCH_LENGTH,
  CHUNK_BYTES,
  LAST_LITERALS,
  LAST_MATCH_DISTANCE,
  MATCH_BYTES_MIN,
  NIBBLE_MAX,
} from './lz4-format';

/** For each offset below 16 the swizzle that repeats the last `offset` bytes over 16. */
const repeats = memory.data(256, 16);
/** How far 16 repeated bytes may advance and still be in step with the offset. */
const strides = memory.data(16, 16);

for (let offset: usize = 1; offset < CHUNK_BYTES; offset++) {
  for (let i: usize = 0; i < CHUNK_BYTES; i++) store<u8>(repeats + (offset << 4) + i, <u8>(i % offset));
  store<u8>(strides + offset, <u8>(CHUNK_BYTES - (CHUNK_BYTES % offset)));
}

/** The length that `extendLength` read. */
let extended: usize = 0;

/** Reads on a length whose nibble is 15. Returns the place behind it, or 0 when it is cut or above `most`. */
function extendLength(ip: usize, end: usize, most: usize): usize {
  let length = NIBBLE_MAX;
  while (ip < end) {
    const byte: usize = load<u8>(ip++);
    length += byte;
    // Asked at each byte: a long enough run would wrap around 32 bits.
    if (length > most) return 0;
    if (byte != 255) {
      extended = length;
      return ip;
    }
  }
  return 0;
}

/** Copies at least `length` bytes that lie at least 16 apart, in whole chunks. */
@inline
function copyChunks(source: usize, target: usize, length: usize): void {
  const end = target + length;
  do {
    v128.store(target, v128.load(source));
    source += CHUNK_BYTES;
    target += CHUNK_BYTES;
  } while (target < end);
}

/** Repeats the `offset` bytes before `target`, 1 to 15, over at least `length` bytes. */
@inline
function repeatBytes(target: usize, offset: usize, length: usize): void {
  const end = target + length;
  const pattern = i8x16.swizzle(v128.load(target - offset), v128.load(repeats + (offset << 4)));
  const stride: usize = load<u8>(strides + offset);
  do {
    v128.store(target, pattern);
    target += stride;
  } while (target < end);
}

export function lz4Decode(from: usize, length: usize, to: usize, max: usize, windowStart: usize): i32 {
  if (length == 0) return -1;
  const end = from + length;
  const limit = to + max;
  let ip = from;
  let op = to;
  while (true) {
    const token: usize = load<u8>(ip++);
    let literals = token >> 4;
    if (literals != NIBBLE_MAX) {
      v128.store(op, v128.load(ip));
    } else {
      ip = extendLength(ip, end, end - ip);
      if (ip == 0 || extended > end - ip || extended > limit - op) return -1;
      literals = extended;
      copyChunks(ip, op, literals);
    }
    ip += literals;
    op += literals;
    if (ip + AFTER_LITERALS > end || op + LAST_MATCH_DISTANCE > limit) {
      // Of a match that its last token tells of there is nothing: Go's decoder, which others read with, refuses it.
      return ip == end && op <= limit && (token & NIBBLE_MAX) == 0 ? <i32>(op - to) : -1;
    }

    const offset: usize = load<u16>(ip);
    ip += 2;
    // An offset of 0 wraps to the greatest number, so one comparison refuses it too.
    if (offset - 1 >= op - windowStart) return -1;
    let match = token & NIBBLE_MAX;
    if (match == NIBBLE_MAX) {
      ip = extendLength(ip, end - AFTER_MATCH_LENGTH, limit - op);
      if (ip == 0) return -1;
      match = extended;
    }
    match += MATCH_BYTES_MIN;
    if (op + match + LAST_LITERALS > limit) return -1;
    if (offset >= CHUNK_BYTES) copyChunks(op - offset, op, match);
    else repeatBytes(op, offset, match);
    op += match;
  }
}
