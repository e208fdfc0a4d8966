import fc from 'fast-check';
import { compress, decompress } from 'lz4-wasm-nodejs';
import { describe, expect, it } from 'vitest';
import { createPlainKernels } from '../../src/ltx/kernels/plain.ts';
import { createWasmKernels } from '../../src/ltx/kernels/wasm.ts';
import { decode, encode, isSame } from '../support/guarded-lz4.ts';
import { content, handmadeBlock, randomBytes } from '../support/lz4-blocks.ts';
import { runs } from '../support/scale.ts';

const plain = createPlainKernels();
const wasm = createWasmKernels();
const implementations = [
  ['plain', plain],
  ['wasm', wasm],
] as const;

const BLOCK_BYTES_MAX = 65_536;
/** Lets every offset of a handmade block be in reach. */
const HISTORY = randomBytes(7, 65_535);

/** Asserts that both decoders give the same answer, and returns it. */
function decodeAlike(block: Uint8Array, max: number, history?: Uint8Array): Uint8Array | null {
  const expected = decode(plain, block, max, history);
  expect(isSame(decode(wasm, block, max, history), expected)).toBe(true);
  return expected;
}

/** The library's blocks begin with the content's length. */
function decodeByLibrary(block: Uint8Array, length: number): Uint8Array {
  const prefixed = Buffer.alloc(4 + block.length);
  prefixed.writeUInt32LE(length);
  prefixed.set(block, 4);
  return decompress(prefixed);
}

describe('lz4 blocks', () => {
  it.each(implementations)(
    'that %s encodes are read by both decoders and by another library',
    (_, encoder) => {
      const property = fc.property(content, (data) => {
        const block = encode(encoder, data);
        if (block === null) return;
        expect(block.length).toBeLessThan(data.length);
        // The exact length as capacity holds the encoder to the end rules too.
        expect(isSame(decodeAlike(block, data.length), data)).toBe(true);
        expect(isSame(decodeByLibrary(block, data.length), data)).toBe(true);
        expect(decodeAlike(block, data.length - 1)).toBeNull();
      });
      fc.assert(property, { numRuns: runs(150) });
    },
  );

  it('of another library are read by both decoders', () => {
    const property = fc.property(content, (data) => {
      const block = compress(data).subarray(4);
      expect(isSame(decodeAlike(block, data.length), data)).toBe(true);
      expect(isSame(decodeAlike(block, BLOCK_BYTES_MAX), data)).toBe(true);
    });
    fc.assert(property, { numRuns: runs(150) });
  });

  it('are the same for the same content, whatever came before', () => {
    const property = fc.property(content, content, (data, other) => {
      const first = encode(wasm, data);
      encode(wasm, other);
      expect(isSame(encode(wasm, data), first)).toBe(true);
      expect(isSame(encode(createWasmKernels(), data), first)).toBe(true);
    });
    fc.assert(property, { numRuns: runs(30) });
  });

  it('are made of runs, and not of noise', () => {
    expect(encode(wasm, new Uint8Array(BLOCK_BYTES_MAX))?.length).toBeLessThan(300);
    expect(encode(wasm, randomBytes(1, BLOCK_BYTES_MAX))).toBeNull();
    for (let length = 0; length <= 12; length++) expect(encode(wasm, new Uint8Array(length))).toBeNull();
  });
});

describe('hostile lz4 blocks', () => {
  const max = fc.oneof(fc.nat(64), fc.nat(2000), fc.constant(BLOCK_BYTES_MAX));
  const history = fc
    .tuple(fc.nat(), fc.oneof(fc.nat(20), fc.nat(3000)))
    .map(([seed, n]) => randomBytes(seed, n));

  it('of noise are answered alike, within bounds', () => {
    const noise = fc.uint8Array({ maxLength: 600, size: 'max' });
    fc.assert(
      fc.property(
        noise,
        max,
        history,
        (block, capacity, window) => void decodeAlike(block, capacity, window),
      ),
      { numRuns: runs(400) },
    );
  });

  it('of sequences at the edge of the format are answered alike, within bounds', () => {
    fc.assert(
      fc.property(
        handmadeBlock,
        max,
        history,
        (block, capacity, window) => void decodeAlike(block, capacity, window),
      ),
      { numRuns: runs(1000) },
    );
  });

  it('that were valid until a few bytes changed, or the end went, are answered alike, within bounds', () => {
    const change = fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 15, 240, 255), fc.nat(255)));
    const property = fc.property(
      content,
      fc.array(change, { maxLength: 4 }),
      fc.nat(12),
      (data, changes, cut) => {
        const encoded = encode(wasm, data);
        if (encoded === null) return;
        const block = encoded.slice(0, Math.max(0, encoded.length - cut));
        for (const [at, value] of changes) if (block.length > 0) block[at % block.length] = value;
        decodeAlike(block, data.length);
        decodeAlike(block, BLOCK_BYTES_MAX);
      },
    );
    fc.assert(property, { numRuns: runs(200) });
  });

  it('are held to the same capacity, byte for byte, near their own length', () => {
    const property = fc.property(handmadeBlock, fc.integer({ min: -16, max: 16 }), (block, more) => {
      const decoded = decodeAlike(block, BLOCK_BYTES_MAX, HISTORY);
      if (decoded !== null) decodeAlike(block, Math.max(0, decoded.length + more), HISTORY);
    });
    fc.assert(property, { numRuns: runs(2000) });
  });

  it.each([
    ['literal', [0xf0], new Array<number>(29).fill(7)],
    ['match', [0x1f, 7, 1, 0], [0x50, 1, 2, 3, 4, 5]],
  ])('cannot wrap a %s length around 32 bits', (_, head, tail) => {
    // 15 + 255 * 16,843,009 is 14 modulo 2^32, and the byte after the run makes it 29.
    const run = Buffer.alloc(16_843_009, 255);
    const block = Buffer.concat([Buffer.from(head), run, Buffer.of(15), Buffer.from(tail)]);
    expect(decodeAlike(block, 100)).toBeNull();
  });

  it('take matches from the window and no further', () => {
    const window = Uint8Array.of(9, 8, 7, 6);
    const matchAt = (offset: number) => Uint8Array.of(0x00, offset, 0, 0x80, 1, 2, 3, 4, 5, 6, 7, 8);
    expect(decodeAlike(matchAt(4), 100, window)).toEqual(Uint8Array.of(9, 8, 7, 6, 1, 2, 3, 4, 5, 6, 7, 8));
    expect(decodeAlike(matchAt(5), 100, window)).toBeNull();
    expect(decodeAlike(matchAt(0), 100, window)).toBeNull();
  });

  const run = (count: number, last: number) => [...new Array<number>(count).fill(255), last];
  it.each([
    ['nothing', [], null],
    ['no literals', [0x00], 0],
    ['a literal length and no literals', [0xf0, ...run(4, 0)], null],
    ['an unfinished literal length', [0xf0, ...run(40, 255)], null],
    ['an unfinished match length', [0x1f, 7, 1, 0, ...run(40, 255)], null],
    ['a match at the end', [0x10, 7, 1, 0], null],
    ['4 last literals after a match', [0x10, 7, 1, 0, 0x40, 1, 2, 3, 4], null],
    ['a last token that tells of a match', [0x10, 7, 1, 0, 0x54, 1, 2, 3, 4, 5], null],
    ['5 last literals after a match', [0x10, 7, 1, 0, 0x50, 1, 2, 3, 4, 5], 10],
    [
      'a match that begins less than 12 bytes before the capacity',
      [0xd0, ...run(12, 7), 1, 0, 0x50, 1, 2, 3, 4, 5],
      null,
    ],
    ['fewer bytes than its literals', [0x90, 1, 2, 3], null],
    ['more bytes than its literals', [0x20, 1, 2, 3], null],
    ['more literals than the capacity', [0xf0, 10, ...run(24, 1)], null],
    ['a match length far beyond the capacity', [0x1f, 7, 1, 0, ...run(90_000, 0), 0x50, 1, 2, 3, 4, 5], null],
  ])('of %s', (_, block, length) => {
    expect(decodeAlike(Uint8Array.from(block), 24)?.length ?? null).toBe(length);
  });
});
