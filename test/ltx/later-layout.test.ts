import { describe, expect, it } from 'vitest';
import { encodeHeader, FLAG_COMPRESSED, LtxError } from '../../src/ltx/index.ts';
import { buildLtx, headerOf } from '../support/ltx-fixtures.ts';
import { decodeCut, refusalOf } from './reading.ts';

/** A page frame of ltx 0.5: a header of 6 bytes, then an LZ4 frame of its own with one raw block. */
function laterFrame(pageNumber: number, page: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(6);
  frame.writeUInt32BE(pageNumber);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(0x8000_0000 + page.length);
  return Buffer.concat([frame, Buffer.from('04224d186440a7', 'hex'), size, page, Buffer.alloc(8)]);
}

/** A file of the later layout: what follows its frames is an end marker, a page index and a trailer. */
function laterFile(
  pages: number,
  header = headerOf({ minTxid: 1n, pageSize: 512, commit: pages, compress: false }),
) {
  const frames = Array.from({ length: pages }, (_, i) => laterFrame(i + 1, new Uint8Array(512).fill(i + 1)));
  const index = Buffer.concat([Buffer.alloc(1), Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])]);
  const trailer = Buffer.alloc(16, 0x80);
  return new Uint8Array(Buffer.concat([encodeHeader(header), ...frames, Buffer.alloc(6), index, trailer]));
}

describe('a file of the later ltx 0.5 layout', () => {
  it('is named as such by its no-checksum flag', () => {
    const file = laterFile(2);
    file[7] = 2;
    const refusal = refusalOf(() => decodeCut(file, 'whole'));
    expect([refusal.code, refusal.offset]).toEqual(['LTX_LATER_LAYOUT', 4]);
  });

  it.each([1, 2, 5])(
    'with checksums and %i pages is named as such, and why it is not ours is kept',
    (pages) => {
      for (const cuts of ['whole', 'bytes', [3, 100]] as const) {
        const refusal = refusalOf(() =>
          decodeCut(laterFile(pages), typeof cuts === 'string' ? cuts : [...cuts]),
        );
        expect(refusal.code).toBe('LTX_LATER_LAYOUT');
        expect(refusal.cause).toBeInstanceOf(LtxError);
      }
    },
  );

  it('without pages is named as such', () => {
    const header = headerOf({ minTxid: 2n, pre: 1n << 63n, pageSize: 512, commit: 0, compress: false });
    for (const cuts of ['whole', 'bytes'] as const) {
      expect(refusalOf(() => decodeCut(laterFile(0, header), cuts)).code).toBe('LTX_LATER_LAYOUT');
    }
  });

  it('is not suspected in a valid file whose first page happens to begin like one', () => {
    const page = new Uint8Array(512);
    page.set([0, 0, 0x04, 0x22, 0x4d, 0x18]);
    const spec = { minTxid: 1n, pageSize: 512, commit: 1, pages: [[1, page]] as const };
    expect(decodeCut(buildLtx({ ...spec, compress: false }), 'bytes').pageCount).toBe(1);
    expect(decodeCut(buildLtx(spec), 'bytes').header?.flags).toBe(FLAG_COMPRESSED);
  });
});
