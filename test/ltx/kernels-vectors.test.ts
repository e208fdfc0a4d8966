import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../src/ltx/kernels/kernels.ts';
import { createPlainKernels } from '../../src/ltx/kernels/plain.ts';
import { createWasmKernels } from '../../src/ltx/kernels/wasm.ts';
import { sharedPath } from '../support/shared.ts';

interface CrcCase {
  start: number;
  length: number;
  crc64: string;
}

interface PageCase {
  pageSize: number;
  pageNumber: number;
  fill: 'zeros' | 'ones' | 'pattern';
  checksum: string;
}

interface Checksums {
  crc64Of123456789: string;
  crc64: CrcCase[];
  pages: PageCase[];
}

const vectors = JSON.parse(readFileSync(sharedPath('vectors', 'checksums.json'), 'utf8')) as Checksums;

const implementations: [string, () => Kernels][] = [
  ['plain', createPlainKernels],
  ['wasm', createWasmKernels],
];

const hex = (value: bigint): string => value.toString(16).padStart(16, '0');

function pageFrame({ pageSize, pageNumber, fill }: PageCase): Buffer {
  const frame = Buffer.alloc(4 + pageSize);
  frame.writeUInt32BE(pageNumber, 0);
  for (let i = 0; i < pageSize; i++) {
    frame[4 + i] = { zeros: 0, ones: 255, pattern: (i * 31 + 7 + pageNumber * 13) & 255 }[fill];
  }
  return frame;
}

describe.each(implementations)('%s kernels', (_name, create) => {
  it('give the check value', () => {
    const kernels = create();
    kernels.ensure(1024);
    kernels.memory.set(Buffer.from('123456789'), 3);
    expect(hex(kernels.crc64(0n, 3, 9))).toBe(vectors.crc64Of123456789);
  });

  it('give the CRC-64 of every vector', () => {
    const kernels = create();
    const end = Math.max(...vectors.crc64.map(({ start, length }) => start + length));
    kernels.ensure(end);
    for (let i = 0; i < end; i++) kernels.memory[i] = (i * 31 + 7) & 255;
    const sums = vectors.crc64.map(({ start, length }) => hex(kernels.crc64(0n, start, length)));
    expect(sums).toEqual(vectors.crc64.map((vector) => vector.crc64));
  });

  it('give the page checksum of every vector', () => {
    const kernels = create();
    kernels.ensure(1 << 17);
    const sums = vectors.pages.map((page) => {
      const frame = pageFrame(page);
      kernels.memory.set(frame, 16);
      kernels.pageSums(0n, 16, 1, frame.length, 0);
      return hex(new DataView(kernels.memory.buffer, kernels.memory.byteOffset).getBigUint64(0, true));
    });
    expect(sums).toEqual(vectors.pages.map((page) => page.checksum));
  });
});
