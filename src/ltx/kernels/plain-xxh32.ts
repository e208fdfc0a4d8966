const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

const STRIPE_BYTES = 16;

/** Offsets in the state: four lanes, the length modulo 2^32, whether a stripe was seen, the unfinished stripe. */
const LENGTH_AT = 16;
const STRIPED_AT = 20;
const PENDING_AT = 32;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const round = (lane: number, word: number): number =>
  Math.imul(rotate(lane + Math.imul(word, PRIME_2), 13), PRIME_1);

/** Begins an xxHash-32, seed 0, in `state`. */
export function plainXxh32Begin(state: DataView): void {
  for (let at = 0; at < state.byteLength; at++) state.setUint8(at, 0);
  state.setUint32(0, PRIME_1 + PRIME_2, true);
  state.setUint32(4, PRIME_2, true);
  state.setUint32(12, -PRIME_1, true);
}

/** Takes `bytes` into `state`. */
export function plainXxh32Update(state: DataView, bytes: Uint8Array): void {
  let length = state.getUint32(LENGTH_AT, true);
  for (const byte of bytes) {
    state.setUint8(PENDING_AT + (length % STRIPE_BYTES), byte);
    length = (length + 1) >>> 0;
    if (length % STRIPE_BYTES === 0) absorbStripe(state);
  }
  state.setUint32(LENGTH_AT, length, true);
}

function absorbStripe(state: DataView): void {
  for (let at = 0; at < STRIPE_BYTES; at += 4) {
    state.setInt32(at, round(state.getInt32(at, true), state.getInt32(PENDING_AT + at, true)), true);
  }
  state.setUint32(STRIPED_AT, 1, true);
}

/** The hash of all that `state` has taken, unsigned. */
export function plainXxh32Digest(state: DataView): number {
  const length = state.getUint32(LENGTH_AT, true);
  let hash = (state.getUint32(STRIPED_AT, true) === 0 ? PRIME_5 : mergeLanes(state)) + length;
  const end = PENDING_AT + (length % STRIPE_BYTES);
  let at = PENDING_AT;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(state.getInt32(at, true), PRIME_3), 17), PRIME_4);
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate(hash + Math.imul(state.getUint8(at), PRIME_5), 11), PRIME_1);
  }
  return avalanche(hash);
}

function mergeLanes(state: DataView): number {
  const lane = (index: number): number => state.getInt32(index * 4, true);
  return rotate(lane(0), 1) + rotate(lane(1), 7) + rotate(lane(2), 12) + rotate(lane(3), 18);
}

function avalanche(hash: number): number {
  let mixed = hash | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), PRIME_2);
  mixed = Math.imul(mixed ^ (mixed >>> 13), PRIME_3);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
