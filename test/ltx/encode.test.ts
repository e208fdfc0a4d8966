import { describe, expect, it } from 'vitest';
import {
  LtxDecoder,
  LtxEncoder,
  type LtxErrorCode,
  type LtxHeader,
  type PageBatch,
} from '../../src/ltx/index.ts';
import { buildLtx, FIXTURE_TIME_MS, headerOf, ModelDatabase } from '../support/ltx-fixtures.ts';
import { decodeCut, describeBytes, expectBytes, refusalOf } from './reading.ts';
import { vectorBytes, vectors } from './vectors.ts';

/** Reads a file and writes it again, batch by batch, under the header `change` makes of its own. */
function reencode(
  bytes: Uint8Array,
  change: (header: LtxHeader) => LtxHeader = (header) => header,
): Uint8Array {
  const chunks: Uint8Array[] = [];
  let encoder: LtxEncoder | undefined;
  const decoder = new LtxDecoder({
    header(header) {
      encoder = new LtxEncoder(change(header), (chunk) => chunks.push(chunk));
    },
    pages: (batch: PageBatch) => encoder!.frames(batch.frames(), batch.count),
  });
  decoder.write(bytes);
  encoder!.end(decoder.end().postApplyChecksum);
  expect(encoder!.bytesWritten).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  return new Uint8Array(Buffer.concat(chunks));
}

const files = vectors('file').map((entry): [string, typeof entry] => [entry.name, entry]);

describe.each(files)('%s', (_, vector) => {
  const bytes = vectorBytes(vector.file);

  it('comes out of the encoder with the same content and checksums', () => {
    const again = reencode(bytes);
    expect(describeBytes(again)).toEqual(describeBytes(bytes));
    if (vector.header.flags === 0) expectBytes(again, bytes);
  });

  it('gives the same bytes page by page as in batches', () => {
    const chunks: Uint8Array[] = [];
    const decoder = decodeCut(bytes, 'whole');
    const encoder = new LtxEncoder(decoder.header!, (chunk) => chunks.push(chunk));
    const sink = {
      pages(batch: PageBatch): void {
        for (let i = 0; i < batch.count; i++) encoder.page(batch.pageNumbers[i]!, batch.page(i));
      },
    };
    encoder.end(decodeCut(bytes, [501], sink).end().postApplyChecksum);
    expectBytes(new Uint8Array(Buffer.concat(chunks)), reencode(bytes));
  });
});

describe('the LZ4 frame', () => {
  it('is cut every 65,536 bytes, raw where a block does not shrink, as the reference does', () => {
    const golden = vectorBytes('files/block-edge-127-random.ltx');
    expectBytes(reencode(golden), golden);
  });

  it('begins with the descriptor of the reference', () => {
    const file = buildLtx({ minTxid: 1n, commit: 1, pages: [[1, new Uint8Array(4096)]] });
    expect(Buffer.from(file.subarray(100, 107)).toString('hex')).toBe('04224d186440a7');
  });

  it('of a deletion makes a file of 139 bytes, and a plain one has 120', () => {
    const deletion = { minTxid: 2n, commit: 0, pre: 1n << 63n };
    expect(buildLtx(deletion)).toHaveLength(139);
    expect(buildLtx({ ...deletion, compress: false })).toHaveLength(120);
  });
});

describe('the encoder refuses', () => {
  const page = new Uint8Array(512);
  const base = { pageSize: 512, commit: 5, minTxid: 7n, pre: 1n << 63n, post: 1n << 63n };
  const cases: [string, LtxErrorCode, () => unknown][] = [
    ['a page above commit', 'LTX_PAGE_BOUNDS', () => buildLtx({ ...base, pages: [[6, page]] })],
    ['page zero', 'LTX_PAGE_ORDER', () => buildLtx({ ...base, pages: [[0, page]] })],
    [
      'a page twice',
      'LTX_PAGE_ORDER',
      () =>
        buildLtx({
          ...base,
          pages: [
            [2, page],
            [2, page],
          ],
        }),
    ],
    [
      'a page that is too short',
      'LTX_PAGE_LENGTH',
      () => buildLtx({ ...base, pages: [[2, page.subarray(1)]] }),
    ],
    [
      'a gap in a snapshot',
      'LTX_SNAPSHOT_PAGES',
      () =>
        buildLtx({
          ...base,
          minTxid: 1n,
          pre: 0n,
          pages: [
            [1, page],
            [3, page],
          ],
        }),
    ],
    [
      'a short snapshot',
      'LTX_SNAPSHOT_PAGES',
      () => buildLtx({ ...base, minTxid: 1n, pre: 0n, pages: [[1, page]] }),
    ],
    [
      "another checksum than a snapshot's pages have",
      'LTX_POST_APPLY',
      () => buildLtx({ ...base, minTxid: 1n, pre: 0n, commit: 1, pages: [[1, page]] }),
    ],
    ['a post-apply checksum without its flag', 'LTX_POST_APPLY', () => buildLtx({ ...base, post: 5n })],
    [
      'a deletion with another checksum',
      'LTX_POST_APPLY',
      () => buildLtx({ ...base, commit: 0, post: (1n << 63n) | 1n }),
    ],
    [
      'a deletion with pages',
      'LTX_DELETION_PAGES',
      () => buildLtx({ ...base, commit: 0, pages: [[1, page]] }),
    ],
    ['TXID zero', 'LTX_TXID', () => buildLtx({ ...base, minTxid: 0n })],
    ['a TXID beyond 64 bits', 'LTX_FIELD_RANGE', () => buildLtx({ ...base, maxTxid: 1n << 64n })],
    ['a commit beyond 32 bits', 'LTX_FIELD_RANGE', () => buildLtx({ ...base, commit: 2 ** 32 })],
    ['a page size of 1000', 'LTX_PAGE_SIZE', () => buildLtx({ ...base, pageSize: 1000 })],
    ['an incremental without pre-apply checksum', 'LTX_PRE_APPLY', () => buildLtx({ ...base, pre: 0n })],
    [
      'the lock page',
      'LTX_LOCK_PAGE',
      () => buildLtx({ ...base, commit: 3_000_000, pages: [[2_097_153, page]] }),
    ],
  ];

  it.each(cases)('%s', (_, code, work) => {
    expect(refusalOf(work).code).toBe(code);
  });

  it('pages after the end, as the bug it is', () => {
    const encoder = new LtxEncoder(headerOf(base), () => {});
    encoder.end(1n << 63n);
    expect(() => encoder.page(1, page)).toThrow('already ended');
    expect(() => encoder.end(1n << 63n)).toThrow('already ended');
  });
});

describe('a model database', () => {
  it('hands out files that decode, and a snapshot of what they add up to', () => {
    const database = new ModelDatabase({ pageSize: 1024, seed: 7 });
    for (let i = 0; i < 12; i++) database.mutate();
    database.drop();
    database.commit({ pageSize: 512, commit: 3 });
    for (const { ltx, pos } of database.transactions) {
      expect(decodeCut(ltx, 'whole').end().postApplyChecksum).toBe(pos.checksum);
    }
    const snapshot = decodeCut(database.snapshot(), 'whole');
    expect(snapshot.end().postApplyChecksum).toBe(database.pos.checksum);
    expect(snapshot.header?.maxTxid).toBe(14n);
    expect(snapshot.header?.timestampMs).toBe(FIXTURE_TIME_MS + 14_000n);
    expect(database.bytes()).toHaveLength(3 * 512);
  });
});
