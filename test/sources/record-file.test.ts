import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../src/sources/decisions/index.ts';
import { RecordFile } from '../../src/sources/record-file.ts';
import { property } from '../support/property.ts';
import { tempDir } from '../support/temp-dir.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const record: fc.Arbitrary<SourceRecord> = fc.record({
  pos: fc.record({ txid: u64, checksum: u64.map((bits) => bits | (1n << 63n)) }),
  pageSize: fc.integer({ min: 9, max: 16 }).map((bits) => 2 ** bits),
  generation: fc.record({ salt1: u32, salt2: u32 }),
  frames: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  sum: fc.record({ s0: u32, s1: u32 }),
  file: fc.record({ device: u64, inode: u64, sizeBytes: u64, writtenNs: u64 }),
});

describe('the record of where a WAL stood', () => {
  it('is read as it was written last, by the next who opens it', () => {
    const path = join(tempDir(), 'wal-position');
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
        const file = new RecordFile(path);
        for (const one of records) file.write(one);
        file.close();
        const again = new RecordFile(path);
        expect(again.read()).toEqual(records.at(-1));
        again.close();
      }),
      property(100),
    );
  });

  it('is none where nothing was written, or a bit is wrong, or some of it was not written', () => {
    const path = join(tempDir(), 'wal-position');
    const read = () => {
      const file = new RecordFile(path);
      const found = file.read();
      file.close();
      return found;
    };
    expect(read()).toBeNull();
    fc.assert(
      fc.property(record, fc.nat(), fc.nat({ max: 7 }), (given, place, bit) => {
        const file = new RecordFile(path);
        file.write(given);
        file.close();
        const bytes = readFileSync(path);
        const length = bytes.toString('latin1').trimEnd().length;
        const damaged = Buffer.from(bytes);
        damaged[place % length]! ^= 1 << bit;
        writeFileSync(path, damaged);
        expect(read()).toBeNull();
        writeFileSync(path, bytes.subarray(0, place % length));
        expect(read()).toBeNull();
      }),
      property(100),
    );
  });
});
