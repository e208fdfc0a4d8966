import { describe, expect, it } from 'vitest';
import { EMPTY_CHECKSUM, FLAG_COMPRESSED, LtxEncoder, type LtxHeader, relabel } from '../../src/ltx/index.ts';
import { headerOf } from '../support/ltx-fixtures.ts';
import { Random } from '../support/random.ts';

/** A file of three pages under a header that takes any. */
function encoded(header: LtxHeader, pages: readonly Uint8Array[]) {
  const chunks: Uint8Array[] = [];
  const sums: bigint[] = [];
  const encoder = new LtxEncoder(header, (chunk) => chunks.push(chunk), {
    onSums: (some) => sums.push(...some),
  });
  for (const [i, page] of pages.entries()) encoder.page(i + 1, page);
  const trailer = encoder.end(encoder.pagesChecksum);
  return { trailer, sums, bytes: Buffer.concat(chunks) };
}

describe.each([
  ['compressed', FLAG_COMPRESSED],
  ['plain', 0],
])('a %s file that gets another header', (_name, flags) => {
  const random = new Random(7);
  const pages = Array.from({ length: 3 }, () => random.page(512));
  const provisional = {
    ...headerOf({ pageSize: 512, minTxid: 2n, commit: 0xffff_ffff, pre: EMPTY_CHECKSUM }),
    flags,
  };

  it.each([
    ['of a snapshot', { minTxid: 1n, maxTxid: 1n, preApplyChecksum: 0n, commit: 3 }],
    [
      'of a later transaction',
      {
        minTxid: 0x1234_5678_9abcn,
        maxTxid: 0x1234_5678_9abcn,
        preApplyChecksum: EMPTY_CHECKSUM | 77n,
        commit: 3,
      },
    ],
    ['of another time and node', { timestampMs: -5n, nodeId: 99n, commit: 3 }],
    ['that is the same', {}],
  ])('%s is byte for byte what encoding it anew gives', (_what, changes) => {
    const before = encoded(provisional, pages);
    const header = { ...provisional, ...changes };
    const after = encoded(header, pages);
    const { headerBytes, trailerBytes, trailer } = relabel(
      { header: provisional, trailer: before.trailer, pages: 3 },
      header,
    );
    before.bytes.set(headerBytes, 0);
    before.bytes.set(trailerBytes, before.bytes.length - trailerBytes.length);
    expect(trailer).toEqual(after.trailer);
    expect(before.bytes.equals(after.bytes)).toBe(true);
  });

  it('may not have another page size', () => {
    const { trailer } = encoded(provisional, pages);
    expect(() =>
      relabel({ header: provisional, trailer, pages: 3 }, { ...provisional, pageSize: 1024 }),
    ).toThrow('page size');
  });
});

it('the encoder hands out the checksum of each page', () => {
  const pages = Array.from({ length: 200 }, (_, i) => new Uint8Array(65_536).fill(i));
  const header = { ...headerOf({ pageSize: 65_536, minTxid: 1n, commit: 200 }), flags: FLAG_COMPRESSED };
  const { sums, trailer } = encoded(header, pages);
  expect(sums).toHaveLength(200);
  expect(sums.reduce((xor, sum) => xor ^ sum) | EMPTY_CHECKSUM).toBe(trailer.postApplyChecksum);
});
