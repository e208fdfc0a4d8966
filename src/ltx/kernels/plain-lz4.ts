/** Shortest match the format can express. */
const MATCH_BYTES_MIN = 4;
/** The format's end rules: the last bytes are literals, and the last match starts some way before the end. */
const LAST_LITERALS = 5;
const LAST_MATCH_DISTANCE = 12;
/** What must follow the literals of a sequence with a match: its offset, a token, the last literals. */
const AFTER_LITERALS = 2 + 1 + LAST_LITERALS;
/** What must follow an extended match length, as the reference decoder has it. */
const AFTER_MATCH_LENGTH = LAST_LITERALS - 1;
const OFFSET_MAX = 65_535;

/** A length that goes on after its token's nibble; `next` is -1 when the block ends within it. */
function extendLength(bytes: Uint8Array, at: number, end: number): { length: number; next: number } {
  let length = 15;
  for (let next = at; next < end; next++) {
    length += bytes[next]!;
    if (bytes[next] !== 255) return { length, next: next + 1 };
  }
  return { length, next: -1 };
}

/**
 * Decodes a block by the rules of the reference decoder, `LZ4_decompress_safe` with a capacity of `max`: once
 * less than 12 bytes of capacity, or 8 of input, would remain behind a sequence's literals, they must end the
 * block exactly; a match ends at least 5 bytes before the capacity. Unlike it, an offset of 0 is refused, and a
 * last token with a match length, as by Go's decoder, which the tools of others are made with.
 */
export function plainLz4Decode(
  memory: Uint8Array,
  from: number,
  length: number,
  to: number,
  max: number,
  windowStart: number,
): number {
  const inputEnd = from + length;
  const outputEnd = to + max;
  let input = from;
  let output = to;
  while (input < inputEnd) {
    const token = memory[input++]!;
    let literals = token >> 4;
    if (literals === 15) {
      const extended = extendLength(memory, input, inputEnd);
      if (extended.next < 0) return -1;
      literals = extended.length;
      input = extended.next;
    }
    const isLast =
      input + literals > inputEnd - AFTER_LITERALS || output + literals > outputEnd - LAST_MATCH_DISTANCE;
    if (isLast && (input + literals !== inputEnd || output + literals > outputEnd)) return -1;
    for (let i = 0; i < literals; i++) memory[output++] = memory[input++]!;
    if (isLast) return (token & 15) === 0 ? output - to : -1;

    const offset = memory[input]! | (memory[input + 1]! << 8);
    input += 2;
    if (offset === 0 || output - offset < windowStart) return -1;
    let match = token & 15;
    if (match === 15) {
      const extended = extendLength(memory, input, inputEnd);
      if (extended.next < 0 || extended.next > inputEnd - AFTER_MATCH_LENGTH) return -1;
      match = extended.length;
      input = extended.next;
    }
    match += MATCH_BYTES_MIN;
    if (output + match > outputEnd - LAST_LITERALS) return -1;
    for (let i = 0; i < match; i++, output++) memory[output] = memory[output - offset]!;
  }
  return -1;
}

/** Encodes `input` greedily, by an exact map of the latest place of every 4 bytes; 0 when it does not shrink. */
export function plainLz4Encode(input: Uint8Array, output: Uint8Array): number {
  const seen = new Map<number, number>();
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const encoded: number[] = [];
  let anchor = 0;
  for (let at = 0; at + LAST_MATCH_DISTANCE <= input.length; ) {
    const word = view.getUint32(at, true);
    const candidate = seen.get(word);
    seen.set(word, at);
    if (candidate === undefined || at - candidate > OFFSET_MAX) {
      at++;
      continue;
    }
    const match = matchLength(input, candidate, at);
    pushSequence(encoded, input.subarray(anchor, at), at - candidate, match);
    at += match;
    anchor = at;
  }
  pushLiterals(encoded, input.subarray(anchor), 0);
  if (encoded.length >= input.length) return 0;
  output.set(encoded);
  return encoded.length;
}

function matchLength(input: Uint8Array, candidate: number, at: number): number {
  let length = MATCH_BYTES_MIN;
  while (at + length < input.length - LAST_LITERALS && input[candidate + length] === input[at + length]) {
    length++;
  }
  return length;
}

function pushSequence(encoded: number[], literals: Uint8Array, offset: number, match: number): void {
  const excess = match - MATCH_BYTES_MIN;
  pushLiterals(encoded, literals, Math.min(excess, 15));
  encoded.push(offset & 255, offset >> 8);
  if (excess >= 15) pushLength(encoded, excess - 15);
}

function pushLiterals(encoded: number[], literals: Uint8Array, matchNibble: number): void {
  encoded.push((Math.min(literals.length, 15) << 4) | matchNibble);
  if (literals.length >= 15) pushLength(encoded, literals.length - 15);
  for (const byte of literals) encoded.push(byte);
}

function pushLength(encoded: number[], rest: number): void {
  let left = rest;
  for (; left >= 255; left -= 255) encoded.push(255);
  encoded.push(left);
}
