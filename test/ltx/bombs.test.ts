import { describe, expect, it } from 'vitest';
import { encodeHeader, LtxDecoder, LtxError } from '../../src/ltx/index.ts';
import { headerOf } from '../support/ltx-fixtures.ts';
import { refusalOf } from './reading.ts';
import { vectorBytes, vectors } from './vectors.ts';

const CHUNK_BYTES = 65_536;
const MEGABYTE = 1 << 20;

/** Bytes of a file that were given to the decoder when it refused, and the memory it had taken by then. */
function refuse(file: Uint8Array): { fed: number; grown: number; code: string } {
  const before = memoryHeld();
  const decoder = new LtxDecoder({ pages: () => {} });
  let fed = 0;
  let grown = 0;
  try {
    for (; fed < file.length; fed += CHUNK_BYTES) {
      decoder.write(file.subarray(fed, fed + CHUNK_BYTES));
      grown = Math.max(grown, memoryHeld() - before);
    }
    decoder.end();
  } catch (error) {
    if (error instanceof LtxError) return { fed, grown, code: error.code };
    throw error;
  }
  throw new Error('the bomb was accepted');
}

function memoryHeld(): number {
  const { arrayBuffers, external, heapUsed } = process.memoryUsage();
  return arrayBuffers + external + heapUsed;
}

/** A header and a standard LZ4 descriptor, and behind it a block that claims `size`. */
function withBlockOf(size: number, descriptor = '6440a7'): Uint8Array {
  const header = encodeHeader(headerOf({ minTxid: 1n, pageSize: 65_536, commit: 0xffff_ffff }));
  const field = Buffer.alloc(4);
  field.writeUInt32LE(size);
  return new Uint8Array(Buffer.concat([header, Buffer.from(`04224d18${descriptor}`, 'hex'), field]));
}

describe.each(
  vectors('invalid')
    .filter(({ name }) => name.startsWith('bomb-'))
    .map((v) => [v.name, v] as const),
)('%s', (name, vector) => {
  it('is refused in the memory of a few blocks', () => {
    const { fed, grown } = refuse(vectorBytes(vector.file));
    expect(grown).toBeLessThan(48 * MEGABYTE);
    if (name !== 'bomb-file-checksum') expect(fed).toBeLessThan(2 * CHUNK_BYTES);
  });
});

describe('a claim', () => {
  it('of a block of 2 GiB is refused by its length field', () => {
    expect(refuse(withBlockOf(0x7fff_ffff)).code).toBe('LTX_LZ4_BLOCK');
    expect(refuse(withBlockOf(0xffff_ffff)).code).toBe('LTX_LZ4_BLOCK');
  });

  it('of 4 MiB takes no memory for a block that does not come', () => {
    const before = memoryHeld();
    const decoders = Array.from({ length: 50 }, () => {
      const decoder = new LtxDecoder();
      decoder.write(withBlockOf(4 * MEGABYTE, '6470b9'));
      decoder.write(new Uint8Array(100));
      return decoder;
    });
    expect(memoryHeld() - before).toBeLessThan(32 * MEGABYTE);
    for (const decoder of decoders) expect(refusalOf(() => decoder.end()).code).toBe('LTX_TRUNCATED');
  });
});

describe('many tiny blocks', () => {
  it('cost time in proportion to their number, not to the page they add up to', () => {
    const header = encodeHeader(headerOf({ minTxid: 1n, pageSize: 65_536, commit: 4 }));
    const start = Buffer.from('04224d186440a7', 'hex');
    const block = Buffer.from([1, 0, 0, 0x80, 1]);
    const blocks = Buffer.concat(Array.from({ length: 3 }, () => Buffer.from([1, 0, 0, 0x80, 0])));
    const pageNumber = Buffer.concat([blocks, block]);
    const page = Buffer.concat(Array.from({ length: 65_536 }, () => block));
    const began = performance.now();
    const decoder = new LtxDecoder();
    decoder.write(new Uint8Array(Buffer.concat([header, start, pageNumber, page])));
    expect(decoder.pageCount).toBe(1);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
