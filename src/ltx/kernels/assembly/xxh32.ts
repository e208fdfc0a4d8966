// xxHash-32, seed 0. The state: four lanes, the length modulo 2^32, whether a stripe was seen, the unfinished
// stripe. The lanes stay scalar: each multiplication waits for the last, and a vector's takes longer.

const PRIME_1: u32 = 0x9e3779b1;
const PRIME_2: u32 = 0x85ebca77;
const PRIME_3: u32 = 0xc2b2ae3d;
const PRIME_4: u32 = 0x27d4eb2f;
const PRIME_5: u32 = 0x165667b1;

const STRIPE_BYTES: usize = 16;
const STATE_BYTES: usize = 64;
const LENGTH_AT: usize = 16;
const STRIPED_AT: usize = 20;
const PENDING_AT: usize = 32;

@inline
function round(lane: u32, word: u32): u32 {
  return rotl<u32>(lane + word * PRIME_2, 13) * PRIME_1;
}

export function xxh32Begin(state: usize): void {
  memory.fill(state, 0, STATE_BYTES);
  store<u32>(state, PRIME_1 + PRIME_2);
  store<u32>(state, PRIME_2, 4);
  store<u32>(state, 0 - PRIME_1, 12);
}

export function xxh32Update(state: usize, at: usize, length: usize): void {
  const pending: usize = load<u32>(state, LENGTH_AT) & (STRIPE_BYTES - 1);
  store<u32>(state, load<u32>(state, LENGTH_AT) + <u32>length, LENGTH_AT);
  if (pending + length < STRIPE_BYTES) {
    memory.copy(state + PENDING_AT + pending, at, length);
    return;
  }
  store<u32>(state, 1, STRIPED_AT);
  if (pending > 0) {
    const missing = STRIPE_BYTES - pending;
    memory.copy(state + PENDING_AT + pending, at, missing);
    absorb(state, state + PENDING_AT, STRIPE_BYTES);
    at += missing;
    length -= missing;
  }
  const striped = length & ~(STRIPE_BYTES - 1);
  absorb(state, at, striped);
  memory.copy(state + PENDING_AT, at + striped, length - striped);
}

function absorb(state: usize, at: usize, length: usize): void {
  const end = at + length;
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  for (; at < end; at += STRIPE_BYTES) {
    a = round(a, load<u32>(at));
    b = round(b, load<u32>(at, 4));
    c = round(c, load<u32>(at, 8));
    d = round(d, load<u32>(at, 12));
  }
  store<u32>(state, a);
  store<u32>(state, b, 4);
  store<u32>(state, c, 8);
  store<u32>(state, d, 12);
}

export function xxh32Digest(state: usize): u32 {
  const length = load<u32>(state, LENGTH_AT);
  let hash = (load<u32>(state, STRIPED_AT) == 0 ? PRIME_5 : mergeLanes(state)) + length;
  let at = state + PENDING_AT;
  const end = at + (length & (STRIPE_BYTES - 1));
  for (; at + 4 <= end; at += 4) hash = rotl<u32>(hash + load<u32>(at) * PRIME_3, 17) * PRIME_4;
  for (; at < end; at++) hash = rotl<u32>(hash + load<u8>(at) * PRIME_5, 11) * PRIME_1;
  hash = (hash ^ (hash >> 15)) * PRIME_2;
  hash = (hash ^ (hash >> 13)) * PRIME_3;
  return hash ^ (hash >> 16);
}

function mergeLanes(state: usize): u32 {
  return (
    rotl<u32>(load<u32>(state), 1) +
    rotl<u32>(load<u32>(state, 4), 7) +
    rotl<u32>(load<u32>(state, 8), 12) +
    rotl<u32>(load<u32>(state, 12), 18)
  );
}
