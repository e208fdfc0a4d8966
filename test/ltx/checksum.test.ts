import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CHECKSUM_FLAG,
  EMPTY_CHECKSUM,
  formatChecksum,
  formatPos,
  formatTxid,
  frameChecksums,
  lockPage,
  pageChecksum,
  parseChecksum,
  parseTxid,
  toggleChecksums,
} from '../../src/ltx/index.ts';
import { sharedPath } from '../support/shared.ts';
import { patternPage } from './sparse-database.ts';

type Fill = 'zeros' | 'ones' | 'pattern';
const vectors = JSON.parse(readFileSync(sharedPath('vectors', 'checksums.json'), 'utf8')) as {
  pages: { pageSize: number; pageNumber: number; fill: Fill; checksum: string }[];
  databases: { description: string; pageSize: number; pages: number; fill: Fill; checksum: string }[];
  updates: { before: string; remove: string[]; add: string[]; after: string }[];
  positions: { txid: string; checksum: string; text: string }[];
};

function page(fill: Fill, pageNumber: number, pageSize: number): Uint8Array {
  if (fill === 'pattern') return patternPage(pageNumber, pageSize);
  return new Uint8Array(pageSize).fill(fill === 'ones' ? 0xff : 0);
}

const hex = (text: string): bigint => BigInt(`0x${text}`);

describe('checksums', () => {
  it('of pages are those of the reference', () => {
    for (const { pageSize, pageNumber, fill, checksum } of vectors.pages) {
      expect(formatChecksum(pageChecksum(pageNumber, page(fill, pageNumber, pageSize)))).toBe(checksum);
    }
  });

  it.each(vectors.databases.filter(({ pages }) => pages <= 5_000).map((v) => [v.description, v] as const))(
    'of a database of %s',
    (_, { pageSize, pages, fill, checksum }) => {
      let sum = EMPTY_CHECKSUM;
      for (let pageNumber = 1; pageNumber <= pages; pageNumber++) {
        if (pageNumber === lockPage(pageSize)) continue;
        sum = toggleChecksums(sum, pageChecksum(pageNumber, page(fill, pageNumber, pageSize)));
      }
      expect(formatChecksum(sum)).toBe(checksum);
    },
  );

  it('follow changed pages', () => {
    for (const { before, remove, add, after } of vectors.updates) {
      expect(toggleChecksums(hex(before), ...remove.map(hex), ...add.map(hex))).toBe(hex(after));
    }
  });

  it('of many frames are those of each page', () => {
    const frames = new Uint8Array(3 * 516);
    for (let i = 0; i < 3; i++) {
      frames[i * 516 + 3] = i + 7;
      frames.set(patternPage(i + 7, 512), i * 516 + 4);
    }
    const expected = [7, 8, 9].map((pageNumber) => pageChecksum(pageNumber, patternPage(pageNumber, 512)));
    expect([...frameChecksums(frames, 3, 512)]).toEqual(expected);
  });
});

describe('spelling', () => {
  it('of positions is that of the reference', () => {
    for (const { txid, checksum, text } of vectors.positions) {
      expect(formatPos({ txid: hex(txid), checksum: hex(checksum) })).toBe(text);
    }
  });

  it('of a TXID is exactly 16 hex digits of either case', () => {
    expect(parseTxid('00000000000000fF')).toBe(255n);
    expect(parseTxid(formatTxid(2n ** 64n - 1n))).toBe(2n ** 64n - 1n);
    for (const bad of [
      '',
      'ff',
      '0x000000000000ff',
      '00000000000000fg',
      '00000000000000ff\n',
      ' 00000000000000ff',
    ]) {
      expect(parseTxid(bad)).toBeUndefined();
    }
  });

  it('of a checksum has bit 63', () => {
    expect(parseChecksum('8000000000000000')).toBe(CHECKSUM_FLAG);
    expect(parseChecksum('7fffffffffffffff')).toBeUndefined();
    expect(parseChecksum('8')).toBeUndefined();
  });
});

describe('the lock page', () => {
  it.each([
    [512, 2_097_153],
    [4096, 262_145],
    [65_536, 16_385],
  ])('of %i-byte pages is %i', (pageSize, page) => {
    expect(lockPage(pageSize)).toBe(page);
  });
});
