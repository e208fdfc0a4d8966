// CRC-64/GO-ISO, reflected: bit 63 of a word is x^0. Multiplying by x^k shifts right by k, and what falls out
// has degree 64 and up, so it comes in again times x^64 = x^4 + x^3 + x + 1. The same holds for 64 bytes at a
// time, where x^512 = x^32 + x^24 + x^8 + 1 makes every shift one of whole bytes.

const STRIPE_BYTES: usize = 64;
const GENERATOR: u64 = 0xd800000000000000;
const FLAG: u64 = 1 << 63;

/** word * x^64 modulo the generator. */
@inline
function fold(word: u64): u64 {
  const folded = word ^ (word << 60) ^ (word << 61) ^ (word << 63);
  return folded ^ (folded >> 1) ^ (folded >> 3) ^ (folded >> 4);
}

/** value * x^(8 * bytes) modulo the generator, for 1 to 7 bytes. */
@inline
function foldBytes(value: u64, bytes: usize): u64 {
  const bits: u64 = (<u64>bytes) << 3;
  return (value >> bits) ^ fold(value << (64 - bits));
}

/** Lane a of a:b times x^32 + x^24 + x^8 + 1, without what moves out in front of it. */
@inline
function spread(a: v128, b: v128): v128 {
  const by1 = i8x16.shuffle(a, b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  const by3 = i8x16.shuffle(a, b, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18);
  const by4 = i8x16.shuffle(a, b, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
  return v128.xor(v128.xor(a, by1), v128.xor(by3, by4));
}

/** What spreading moves out in front of the first lane, placed to come in again behind the last. */
@inline
function overflow(first: v128): v128 {
  const out = v128.xor(v128.xor(i64x2.shl(first, 32), i64x2.shl(first, 40)), i64x2.shl(first, 56));
  return i8x16.shuffle(i64x2.splat(0), out, 0, 0, 0, 0, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** The register after `length` bytes, a multiple of 64 and not 0: four lanes of 128 bits, x^512 a step. */
function foldStripes(register: u64, at: usize, length: usize): u64 {
  const end = at + length;
  let a = v128.xor(v128.load(at), i64x2.replace_lane(i64x2.splat(0), 0, register));
  let b = v128.load(at, 16);
  let c = v128.load(at, 32);
  let d = v128.load(at, 48);
  for (at += STRIPE_BYTES; at < end; at += STRIPE_BYTES) {
    d = v128.xor(d, overflow(a));
    a = v128.xor(spread(a, b), v128.load(at));
    b = v128.xor(spread(b, c), v128.load(at, 16));
    c = v128.xor(spread(c, d), v128.load(at, 32));
    d = v128.xor(spread(d, i64x2.splat(0)), v128.load(at, 48));
  }
  return foldLane(foldLane(foldLane(foldLane(0, a), b), c), d);
}

@inline
function foldLane(register: u64, lane: v128): u64 {
  return fold(fold(register ^ i64x2.extract_lane(lane, 0)) ^ i64x2.extract_lane(lane, 1));
}

export function crc64(crc: u64, at: usize, length: usize): u64 {
  const end = at + length;
  const striped = length & ~(STRIPE_BYTES - 1);
  let register = ~crc;
  if (striped > 0) {
    register = foldStripes(register, at, striped);
    at += striped;
  }
  for (; at + 8 <= end; at += 8) register = fold(register ^ load<u64>(at));
  if (at < end) register = foldBytes(register ^ loadTail(at, end - at), end - at);
  return ~register;
}

/** The last 1 to 7 bytes as the low bytes of a word. */
function loadTail(at: usize, bytes: usize): u64 {
  if (bytes == 4) return load<u32>(at);
  let word: u64 = 0;
  for (let i: usize = 0; i < bytes; i++) word |= (<u64>load<u8>(at + i)) << (i << 3);
  return word;
}

// One operator a power of two of the frame length: value * x^(8 * length), looked up by nibble.
const NIBBLES: usize = 16;
const NIBBLE_BYTES: usize = 16 * 8;
const OPERATOR_BYTES: usize = NIBBLES * NIBBLE_BYTES;
const OPERATORS: u32 = 8;
const operatorTables = memory.data(16384, 16);
const operatorLengths = memory.data(32, 16);

/** The table that moves a CRC over `length` bytes; kept until a length of the same magnitude displaces it. */
function operatorFor(length: usize): usize {
  const slot: usize = (31 - clz<u32>(length)) & (OPERATORS - 1);
  const table = operatorTables + slot * OPERATOR_BYTES;
  if (load<u32>(operatorLengths + (slot << 2)) == <u32>length) return table;
  buildOperator(table, length);
  store<u32>(operatorLengths + (slot << 2), <u32>length);
  return table;
}

function buildOperator(table: usize, length: usize): void {
  let power: u64 = 1 << 63;
  for (let i: usize = length >> 3; i > 0; i--) power = fold(power);
  if ((length & 7) != 0) power = foldBytes(power, length & 7);
  for (let bit: i32 = 63; bit >= 0; bit--) {
    store<u64>(table + (<usize>bit >> 2) * NIBBLE_BYTES + ((<usize>1 << (bit & 3)) << 3), power);
    power = (power >> 1) ^ ((power & 1) * GENERATOR);
  }
  for (let nibble = table; nibble < table + OPERATOR_BYTES; nibble += NIBBLE_BYTES) {
    store<u64>(nibble, 0);
    for (let value: usize = 3; value < 16; value++) {
      const rest = value & (value - 1);
      const lowest = value ^ rest;
      const power = load<u64>(nibble + (rest << 3)) ^ load<u64>(nibble + (lowest << 3));
      store<u64>(nibble + (value << 3), power);
    }
  }
}

function operate(table: usize, value: u64): u64 {
  let moved: u64 = 0;
  for (; value != 0; value >>= 8, table += 2 * NIBBLE_BYTES) {
    moved ^= load<u64>(table + ((<usize>value & 15) << 3));
    moved ^= load<u64>(table + ((<usize>(value >> 4) & 15) << 3), NIBBLE_BYTES);
  }
  return moved;
}

export function pageSums(crc: u64, at: usize, count: usize, frameLength: usize, sumsAt: usize): u64 {
  if (count == 0) return crc;
  const operator = operatorFor(frameLength);
  const sumsEnd = sumsAt + (count << 3);
  for (; sumsAt < sumsEnd; sumsAt += 8, at += frameLength) {
    const sum = crc64(0, at, frameLength);
    crc = operate(operator, crc) ^ sum;
    store<u64>(sumsAt, sum | FLAG);
  }
  return crc;
}
