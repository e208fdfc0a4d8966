// One independent LZ4 block of at most 64 KiB, greedy, with a hash table of the latest places. Every place fits
// 16 bits and every offset the format. The table is cleared for each block: the same input, the same bytes.

import { CHUNK_BYTES, LAST_LITERALS, LAST_MATCH_DISTANCE, MATCH_BYTES_MIN, NIBBLE_MAX } from './lz4-format';

const HASH_BITS: u64 = 13;
const HASH_PRIME: u64 = 889523592379;
const TABLE_BYTES: usize = 16384;
const places = memory.data(16384, 16);

/** After 2^SKIP_BITS places without a match the search takes longer steps. */
const SKIP_BITS: usize = 5;
/** What at least follows a sequence's literals: an offset, and a last sequence of token and literals. */
const SEQUENCE_REST: usize = 2 + 1 + LAST_LITERALS;

/** The table's cell for the five bytes at `at`: four give more matches, and shorter ones. */
@inline
function cellOf(at: usize): usize {
  return places + (<usize>(((load<u64>(at) << 24) * HASH_PRIME) >> (64 - HASH_BITS)) << 1);
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

/** Where `findMatch` saw the bytes before. */
let found: usize = 0;

/** The next place from `ip` on whose bytes were seen before, which sets `found`; 0 when there is none. */
@inline
function findMatch(from: usize, ip: usize, lastStart: usize): usize {
  let tries: usize = 1 << SKIP_BITS;
  while (ip <= lastStart) {
    const cell = cellOf(ip);
    const candidate = from + <usize>load<u16>(cell);
    store<u16>(cell, <u16>(ip - from));
    if (load<u32>(candidate) == load<u32>(ip)) {
      found = candidate;
      return ip;
    }
    ip += tries++ >> SKIP_BITS;
  }
  return 0;
}

export function lz4Encode(from: usize, length: usize, to: usize): usize {
  // Below this no match may start, and literals alone are longer than the input.
  if (length <= LAST_MATCH_DISTANCE) return 0;
  memory.fill(places, 0, TABLE_BYTES);
  const end = from + length;
  const lastStart = end - LAST_MATCH_DISTANCE;
  const limit = to + length;
  let anchor = from;
  let op = to;
  // The cleared table says that each hash was last seen at place 0: right for place 0, else the bytes tell.
  let ip = from + 1;
  while ((ip = findMatch(from, ip, lastStart)) != 0) {
    let candidate = found;
    let match = MATCH_BYTES_MIN;
    match += agreement(ip + match, candidate + match, end - LAST_LITERALS);
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
    if (ip - 2 <= lastStart) store<u16>(cellOf(ip - 2), <u16>(ip - 2 - from));
  }
  const literals = end - anchor;
  if (op + 1 + extensionBytes(literals) + literals >= limit) return 0;
  return putLiterals(op, anchor, literals) - to;
}
