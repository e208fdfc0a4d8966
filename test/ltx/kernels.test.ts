import fc from 'fast-check';
import { createCRC64, createXXHash32 } from 'hash-wasm';
import { describe, expect, it } from 'vitest';
import { type Kernels, kernels } from '../../src/ltx/kernels/index.ts';
import { XXH32_STATE_BYTES } from '../../src/ltx/kernels/kernels.ts';
import { createPlainKernels } from '../../src/ltx/kernels/plain.ts';
import { createWasmKernels, SCRATCH_BYTES_MAX } from '../../src/ltx/kernels/wasm.ts';
import { randomBytes } from '../support/lz4-blocks.ts';
import { runs } from '../support/scale.ts';

const plain = createPlainKernels();
const wasm = createWasmKernels();
const crcOracle = await createCRC64('d800000000000000');
const xxhOracle = await createXXHash32(0);

const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });
const crc = fc.bigInt(0n, 2n ** 64n - 1n);
const alignment = fc.nat(63);
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 });

/** `data` at `at` of the scratch memory of `target`. */
function place(target: Kernels, at: number, data: Uint8Array): void {
  target.ensure(at + data.length + 4096);
  target.memory.set(data, at);
}

/** Splits 0 to `length` at the given fractions into ranges that follow each other. */
function ranges(length: number, fractions: number[]): [start: number, end: number][] {
  const places = [
    0,
    ...fractions.map((fraction) => Math.floor(fraction * length)).sort((a, b) => a - b),
    length,
  ];
  return places.slice(1).map((end, index) => [places[index]!, end]);
}

describe('crc64', () => {
  it('is what another library computes, at any alignment and length', () => {
    const property = fc.property(bytes(3000), alignment, (data, at) => {
      place(wasm, at, data);
      expect(wasm.crc64(0n, at, data.length)).toBe(
        BigInt(`0x${crcOracle.init().update(data).digest('hex')}`),
      );
    });
    fc.assert(property, { numRuns: runs(300) });
  });

  it('is the same in JavaScript and WebAssembly, from any value and over any split', () => {
    const property = fc.property(bytes(1000), alignment, crc, cuts, (data, at, start, fractions) => {
      place(plain, at, data);
      place(wasm, at, data);
      const expected = plain.crc64(start, at, data.length);
      let running = start;
      for (const [from, to] of ranges(data.length, fractions))
        running = wasm.crc64(running, at + from, to - from);
      expect(running).toBe(expected);
    });
    fc.assert(property, { numRuns: runs(300) });
  });

  it('is right for every length from 0 to 300', () => {
    const data = Uint8Array.from({ length: 300 }, (_, i) => (i * i * 7 + 3) & 255);
    place(plain, 5, data);
    place(wasm, 5, data);
    for (let length = 0; length <= data.length; length++) {
      expect(wasm.crc64(9n, 5, length)).toBe(plain.crc64(9n, 5, length));
    }
  });
});

describe('pageSums', () => {
  const pageSize = fc.integer({ min: 9, max: 12 }).map((bits) => 2 ** bits);
  const frameLength = fc.oneof(
    pageSize.map((size) => size + 4),
    fc.integer({ min: 1, max: 5000 }),
  );

  it('gives each frame its checksum and continues the CRC over all of them', () => {
    const property = fc.property(
      frameLength,
      fc.nat(5),
      alignment,
      crc,
      fc.nat(),
      (frame, count, at, start, seed) => {
        const data = randomBytes(seed, frame * count);
        const sumsAt = at + data.length + 3;
        for (const target of [plain, wasm]) place(target, at, data);
        const expected = plain.pageSums(start, at, count, frame, sumsAt);
        expect(wasm.pageSums(start, at, count, frame, sumsAt)).toBe(expected);
        expect(wasm.crc64(start, at, data.length)).toBe(expected);
        const sums = (target: Kernels) => Buffer.from(target.memory.subarray(sumsAt, sumsAt + 8 * count));
        expect(sums(wasm).equals(sums(plain))).toBe(true);
      },
    );
    fc.assert(property, { numRuns: runs(200) });
  });

  it('continues the CRC over frames of every page size', () => {
    for (let bits = 16; bits >= 9; bits--) {
      const frame = 2 ** bits + 4;
      const data = randomBytes(bits, frame * 3);
      place(wasm, 7, data);
      wasm.ensure(7 + data.length + 24);
      expect(wasm.pageSums(3n, 7, 3, frame, 7 + data.length)).toBe(wasm.crc64(3n, 7, data.length));
    }
  });
});

describe('xxh32', () => {
  it('is what another library computes, over any split, and may go on after a digest', () => {
    const property = fc.property(bytes(1000), alignment, cuts, (data, at, fractions) => {
      for (const target of [plain, wasm]) {
        const start = XXH32_STATE_BYTES + at;
        place(target, start, data);
        target.xxh32Begin(0);
        for (const [from, to] of ranges(data.length, fractions)) {
          target.xxh32Update(0, start + from, to - from);
          const expected = xxhOracle.init().update(data.subarray(0, to)).digest('hex');
          expect(target.xxh32Digest(0)).toBe(Number.parseInt(expected, 16));
        }
      }
    });
    fc.assert(property, { numRuns: runs(200) });
  });
});

describe('scratch memory', () => {
  it.each([
    ['plain', createPlainKernels],
    ['wasm', createWasmKernels],
  ] as const)('of %s keeps its content when it grows', (_, create) => {
    const target = create();
    target.ensure(100);
    target.memory.fill(7, 0, 100);
    target.ensure(1_000_000);
    expect(target.memory.length).toBeGreaterThanOrEqual(1_000_000);
    expect(target.memory.subarray(0, 100).every((byte) => byte === 7)).toBe(true);
  });

  it.each([
    ['plain', plain],
    ['wasm', wasm],
  ] as const)('of %s refuses ranges outside it', (_, target) => {
    const size = target.memory.length;
    expect(() => target.crc64(0n, size, 1)).toThrow(RangeError);
    expect(() => target.crc64(0n, -1, 1)).toThrow(RangeError);
    expect(() => target.crc64(0n, 0.5, 1)).toThrow(RangeError);
    expect(() => target.pageSums(0n, 0, 1, 16, size - 7)).toThrow(RangeError);
    expect(() => target.xxh32Begin(size - 1)).toThrow(RangeError);
    expect(() => target.lz4Decode(size - 63, 0, 0, 0, 0)).toThrow(RangeError);
    expect(() => target.lz4Decode(0, 0, size - 63, 0, 0)).toThrow(RangeError);
    expect(() => target.lz4Decode(0, 1, 10, 10, 11)).toThrow(RangeError);
    expect(() => target.lz4Encode(0, 65_537, 0)).toThrow(RangeError);
  });

  it('has a limit', () => {
    expect(() => wasm.ensure(SCRATCH_BYTES_MAX + 1)).toThrow(RangeError);
  });

  it('is one a thread', () => {
    expect(kernels()).toBe(kernels());
  });
});
