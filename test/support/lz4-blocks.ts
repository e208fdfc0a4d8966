import fc from 'fast-check';

/** Pseudo-random bytes, for inputs too long to draw and shrink byte by byte. */
export function randomBytes(seed: number, length: number): Uint8Array {
  let state = (seed * 2 + 1) | 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

interface Piece {
  kind: 'random' | 'run' | 'repeat';
  length: number;
  seed: number;
}

/** Joins noise, runs of one byte and repetitions of what came 1 to 300 bytes before. */
function assemble(pieces: Piece[], lengthMax: number): Uint8Array {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const data = new Uint8Array(Math.min(total, lengthMax));
  let at = 0;
  for (const { kind, length, seed } of pieces) {
    const end = Math.min(at + length, data.length);
    if (kind === 'random') data.set(randomBytes(seed, end - at), at);
    else if (kind === 'run') data.fill(seed & 255, at, end);
    else for (let i = at, back = 1 + (seed % 300); i < end; i++) data[i] = data[Math.max(i - back, 0)] ?? 0;
    at = end;
  }
  return data;
}

/** Up to 64 KiB of content with what LZ4 finds hard: long literals, long matches, short and long offsets. */
export const content: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('random', 'run', 'repeat'),
      length: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) },
        fc.integer({ min: 1, max: 9000 }),
      ),
      seed: fc.nat(1_000_000),
    }),
    { maxLength: 24, size: 'max' },
  )
  .map((pieces) => assemble(pieces, 65_536));

/** A sequence written by hand, right or not: the format's edges, and one past them. */
const sequence = fc
  .record({
    literals: fc.oneof(fc.nat(14), fc.nat(40), fc.constantFrom(15, 270, 525)),
    match: fc.oneof(fc.nat(14), fc.nat(40), fc.constantFrom(15, 270, 600)),
    offset: fc.oneof(fc.nat(20), fc.nat(600), fc.nat(65_535)),
    seed: fc.nat(),
  })
  .map(({ literals, match, offset, seed }) => [
    (Math.min(literals, 15) << 4) | Math.min(match, 15),
    ...lengthBytes(literals),
    ...randomBytes(seed, literals),
    offset & 255,
    offset >> 8,
    ...lengthBytes(match),
  ]);

function lengthBytes(length: number): number[] {
  if (length < 15) return [];
  return [...new Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
}

/** Blocks assembled from sequences, ended by literals of 0 to 20 bytes: near to valid, and often so. */
export const handmadeBlock: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.array(sequence, { maxLength: 6 }), fc.nat(20), fc.nat())
  .map(([sequences, last, seed]) =>
    Uint8Array.from([
      ...sequences.flat(),
      Math.min(last, 15) << 4,
      ...lengthBytes(last),
      ...randomBytes(seed, last),
    ]),
  );
