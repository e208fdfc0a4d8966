// One independent LZ4 block of at most 64 KiB, greedy, with two hash tables of the latest places: of five bytes, and
// of eight, which tell where a long match begins. Every place fits 16 bits and every offset the format. The tables
// are cleared for each block: the same input, the same bytes.

import { CHUNK_BYTES, LAST_LITERALS, MATCH_BYTES_MIN, NIBBLE_MAX } from './lz4-format';

const HASH_BITS: u64 = 13;
/** Bytes that the second hash is of. */
const LONG_BYTES: usize = 8;
const SHORT_PRIME: u64 = 889523592379;
const LONG_PRIME: u64 = 0xcf1bbcdcb7a56463;
const TABLE_BYTES: usize = 16384;
const places = memory.data(32768, 16);

/** After 2^SKIP_BITS places without a match the search takes longer steps. */
const SKIP_BITS: usize = 5;
/**
 * A match starts at least so many bytes before the end: one more than the format asks for, so that eight bytes that
 * agree are never the last literals.
 */
const LAST_START: usize = LONG_BYTES + LAST_LITERALS;
/** What at least follows a sequence's literals: an offset, and a last sequence of token and literals. */
const SEQUENCE_REST: usize = 2 + 1 + LAST_LITERALS;

/** The first table's cell for the five bytes at `at`: four give more matches, and shorter ones. */
@inline
function shortCell(at: usize): usize {
  return places + (<usize>(((load<u64>(at) << 24) * SHORT_PRIME) >> (64 - HASH_BITS)) << 1);
}

/** The second table's cell for the eight bytes at `at`. */
@inline
function longCell(at: usize): usize {
  return places + TABLE_BYTES + (<usize>((load<u64>(at) * LONG_PRIME) >> (64 - HASH_BITS)) << 1);
}

/** Remembers a place that the search passed over. */
@inline
function remember(from: usize, at: usize): void {
  const place = <u16>(at - from);
  store<u16>(shortCell(at), place);
  store<u16>(longCell(at), place);
}

/** How many bytes at `at` and at `candidate` agree, up to `end`. */
function agreement(at: usize, candidate: usize, end: usize): usize {
  const start = at;
  for (; at + 8 <= end; at += 8, candidate += 8) {
    const difference = load<u64>(at) ^ load<u64>(candidate);
    if (difference != 0) return at - start + (<usize>ctz(difference) >> 3);
  }
  for (; at < end && load<u8>(at) == load<u8>(candidate); at++) candidate++;
  return at - start;
}

/** Bytes that a length takes behind its token. */
@inline
function extensionBytes(length: usize): usize {
  return length < NIBBLE_MAX ? 0 : (length - NIBBLE_MAX) / 255 + 1;
}

/** Writes a length of at least 15 behind its token and returns the place behind it. */
function extendLength(op: usize, length: usize): usize {
  let rest = length - NIBBLE_MAX;
  for (; rest >= 255; rest -= 255) store<u8>(op++, 255);
  store<u8>(op++, <u8>rest);
  return op;
}

/** Writes a token and its literals and returns the place behind them; may run over by 15 bytes, both ways. */
@inline
function putLiterals(op: usize, anchor: usize, literals: usize): usize {
  const token = op++;
  if (literals < NIBBLE_MAX) {
    store<u8>(token, <u8>(literals << 4));
    v128.store(op, v128.load(anchor));
    return op + literals;
  }
  store<u8>(token, <u8>(NIBBLE_MAX << 4));
  op = extendLength(op, literals);
  for (let done: usize = 0; done < literals; done += CHUNK_BYTES) {
    v128.store(op + done, v128.load(anchor + done));
  }
  return op + literals;
}

/** Where `findMatch` saw the bytes before, and how many of them. */
let found: usize = 0;
let matched: usize = 0;

/**
 * The next place from `ip` on whose bytes were seen before, which sets `found` and `matched`; 0 when there is none.
 * A match by the short hash gives way to a longer one by the long hash at the next place.
 */
@inline
function findMatch(from: usize, ip: usize, lastStart: usize, matchEnd: usize): usize {
  let tries: usize = 1 << SKIP_BITS;
  while (ip <= lastStart) {
    const longAt = longCell(ip);
    const shortAt = shortCell(ip);
    const far = from + <usize>load<u16>(longAt);
    const near = from + <usize>load<u16>(shortAt);
    const place = <u16>(ip - from);
    store<u16>(longAt, place);
    store<u16>(shortAt, place);
    if (load<u64>(far) == load<u64>(ip)) {
      found = far;
      matched = LONG_BYTES + agreement(ip + LONG_BYTES, far + LONG_BYTES, matchEnd);
      return ip;
    }
    if (load<u32>(near) == load<u32>(ip)) {
      found = near;
      matched = MATCH_BYTES_MIN + agreement(ip + MATCH_BYTES_MIN, near + MATCH_BYTES_MIN, matchEnd);
      return ip < lastStart ? betterOf(from, ip, matchEnd) : ip;
    }
    ip += tries++ >> SKIP_BITS;
  }
  return 0;
}

/** Where the longer match is: at `ip`, which is found, or at the next place. */
@inline
function betterOf(from: usize, ip: usize, matchEnd: usize): usize {
  const next = ip + 1;
  const longAt = longCell(next);
  const far = from + <usize>load<u16>(longAt);
  store<u16>(longAt, <u16>(next - from));
  if (load<u64>(far) != load<u64>(next)) return ip;
  const longer = LONG_BYTES + agreement(next + LONG_BYTES, far + LONG_BYTES, matchEnd);
  if (longer <= matched) return ip;
  found = far;
  matched = longer;
  return next;
}

export function lz4Encode(from: usize, length: usize, to: usize): usize {
  // Below this no match starts, and literals alone are longer than the input.
  if (length <= LAST_START) return 0;
  memory.fill(places, 0, 2 * TABLE_BYTES);
  const end = from + length;
  const lastStart = end - LAST_START;
  const matchEnd = end - LAST_LITERALS;
  const limit = to + length;
  let anchor = from;
  let op = to;
  // The cleared tables say that each hash was last seen at place 0: right for place 0, else the bytes tell.
  let ip = from + 1;
  while ((ip = findMatch(from, ip, lastStart, matchEnd)) != 0) {
    const start = ip;
    let candidate = found;
    let match = matched;
    while (ip > anchor && candidate > from && load<u8>(ip - 1) == load<u8>(candidate - 1)) {
      ip--;
      candidate--;
      match++;
    }

    const literals = ip - anchor;
    const excess = match - MATCH_BYTES_MIN;
    const sequence = 1 + extensionBytes(literals) + literals + extensionBytes(excess);
    if (op + sequence + SEQUENCE_REST >= limit) return 0;
    const token = op;
    op = putLiterals(op, anchor, literals);
    store<u16>(op, <u16>(ip - candidate));
    op += 2;
    store<u8>(token, load<u8>(token) | <u8>min(excess, NIBBLE_MAX));
    if (excess >= NIBBLE_MAX) op = extendLength(op, excess);
    ip += match;
    anchor = ip;
    if (start + 2 <= lastStart) remember(from, start + 2);
    if (ip - 2 <= lastStart) remember(from, ip - 2);
  }
  const literals = end - anchor;
  if (op + 1 + extensionBytes(literals) + literals >= limit) return 0;
  return putLiterals(op, anchor, literals) - to;
}
