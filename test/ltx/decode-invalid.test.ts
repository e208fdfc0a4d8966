import { describe, expect, it } from 'vitest';
import { encodeHeader, type LtxErrorCode } from '../../src/ltx/index.ts';
import { headerOf } from '../support/ltx-fixtures.ts';
import { type Cuts, decodeCut, refusalOf } from './reading.ts';
import { vectorBytes, vectors } from './vectors.ts';

const SMALL_FILE_BYTES = 6_000;

/** The code for each family of malformed files: the first pattern that fits a file's name. */
const CODES: [RegExp, LtxErrorCode][] = [
  [/^magic-/, 'LTX_MAGIC'],
  [/^flags-00000002$/, 'LTX_LATER_LAYOUT'],
  [/^flags-/, 'LTX_FLAGS'],
  [/^page-size-/, 'LTX_PAGE_SIZE'],
  [/^txid-/, 'LTX_TXID'],
  [/^pre-apply-/, 'LTX_PRE_APPLY'],
  [/^wal-/, 'LTX_WAL'],
  [/^reserved-/, 'LTX_RESERVED'],
  [/^header-/, 'LTX_FILE_CHECKSUM'],
  [/^flag-set-on-plain$/, 'LTX_LZ4_FRAME'],
  [/^flag-clear-on-lz4$/, 'LTX_PAGE_BOUNDS'],
  [/^cut-/, 'LTX_TRUNCATED'],
  [/^tail-/, 'LTX_TRAILING_BYTES'],
  [/^between-/, 'LTX_FILE_CHECKSUM'],
  [/^page-zero-.*plain$/, 'LTX_FILE_CHECKSUM'],
  [/^page-zero-.*lz4$|^page-short-lz4$|^no-end-marker-lz4$/, 'LTX_PAGE_BLOCK'],
  [/^(page-order|page-twice|snapshot-twice|bomb-same-page)/, 'LTX_PAGE_ORDER'],
  [
    /above-commit|^snapshot-extra|^page-short-plain$|^no-end-marker-plain$|^page-number-flip$/,
    'LTX_PAGE_BOUNDS',
  ],
  [/deletion-with-page/, 'LTX_DELETION_PAGES'],
  [/post-apply-bit-flip|^page-bit-flip$|^file-checksum-|^bomb-file-checksum$/, 'LTX_FILE_CHECKSUM'],
  [/post-apply|^snapshot-page-changed/, 'LTX_POST_APPLY'],
  [/^snapshot-/, 'LTX_SNAPSHOT_PAGES'],
  [/^lock-page-/, 'LTX_LOCK_PAGE'],
  [/^lz4-(content-checksum|block-checksum|block-bit-flip)/, 'LTX_LZ4_CHECKSUM'],
  [/^lz4-content-size/, 'LTX_LZ4_CONTENT_SIZE'],
  [
    /^lz4-(magic|descriptor|version|reserved|block-size-code|dictionary|skippable-first|legacy)/,
    'LTX_LZ4_FRAME',
  ],
  [/^lz4-(empty-second-frame|skippable-last)$/, 'LTX_FILE_CHECKSUM'],
  [/^lz4-(no-end-mark|empty-frame|two-frames|more-)|^bomb-after-end-marker$/, 'LTX_PAGE_BLOCK'],
  [/^lz4-block-raw-flag$/, 'LTX_PAGE_BOUNDS'],
  [/^lz4-/, 'LTX_LZ4_BLOCK'],
];

const entries = vectors('invalid').map((entry): [string, typeof entry] => [entry.name, entry]);

describe.each(entries.filter(([, entry]) => entry.strict === 'reject'))('%s', (name, entry) => {
  it(`is refused wherever it is cut, for what is wrong with it: ${entry.description}`, () => {
    const bytes = vectorBytes(entry.file);
    const cuts: Cuts[] = ['whole', [1, 65_536], [37, 4_099, 7]];
    if (bytes.length <= SMALL_FILE_BYTES) cuts.push('bytes');
    const expected = CODES.find(([pattern]) => pattern.test(name))?.[1];
    const offsets = new Set<number>();
    for (const cut of cuts) {
      const refusal = refusalOf(() => decodeCut(bytes, cut));
      expect(refusal.code).toBe(expected);
      offsets.add(refusal.offset);
    }
    expect([...offsets]).toHaveLength(1);
    expect([...offsets][0]).toBeLessThanOrEqual(bytes.length);
  });
});

describe.each(entries.filter(([, entry]) => entry.strict === 'accept'))('%s', (_, entry) => {
  it(`is read: ${entry.description}`, () => {
    decodeCut(vectorBytes(entry.file), 'whole');
  });
});

describe('an LZ4 block that decodes to nothing', () => {
  it.each([
    ['compressed', '0100000000'],
    ['raw', '00000080'],
  ])('is refused when %s: a file could hold any number of them', (_, block) => {
    const header = encodeHeader(headerOf({ minTxid: 1n, commit: 1 }));
    const file = Buffer.concat([header, Buffer.from(`04224d186440a7${block}`, 'hex')]);
    const refusal = refusalOf(() => decodeCut(new Uint8Array(file), 'whole'));
    expect([refusal.code, refusal.offset]).toEqual(['LTX_LZ4_BLOCK', 107]);
  });
});
