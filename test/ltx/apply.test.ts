import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { applyLtx, type LtxEnds, mergeToDatabase, PageSumTable } from '../../src/ltx/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { refusalFrom, sourceOf } from './reading.ts';
import { SparseDatabase } from './sparse-database.ts';
import { vectorBytes, vectors } from './vectors.ts';

/** All but those whose checksums are arbitrary, which fit no database. */
const files = vectors('file')
  .filter((entry) => entry.database !== null)
  .map((entry): [string, typeof entry] => [entry.name, entry]);

describe.each(files)('%s', (_, vector) => {
  const pageSize = Number(vector.header.pageSize);

  it('turns its base into the database listed', async () => {
    const database = new SparseDatabase(pageSize, vector.base);
    await applyLtx(sourceOf(vectorBytes(vector.file), [8_191]), database);
    expect(database.size).toBe(vector.database?.bytes);
    expect(database.sha256()).toBe(vector.database?.sha256);
  });
});

describe.each(vectors('chain').map((entry): [string, typeof entry] => [entry.name, entry]))(
  '%s',
  (_, chain) => {
    it('gives the listed database after every file, each proven by its checksum', async () => {
      const sums = new PageSumTable();
      const database = new SparseDatabase(Number(chain.files[0]!.header.pageSize));
      let target = database;
      let previous: LtxEnds | undefined;
      for (const file of chain.files) {
        if (previous?.header.commit === 0) {
          target = new SparseDatabase(Number(file.header.pageSize));
          previous = undefined;
        }
        const options = previous === undefined ? { sums } : { sums, previous };
        previous = await applyLtx(sourceOf(vectorBytes(file.file)), target, options);
        expect(target.sha256()).toBe(file.database?.sha256);
      }
    });

    it('streams the database of its first files', async () => {
      const last = chain.files.findIndex((file) => file.header.commit === 0);
      const count = last < 0 ? 16 : last;
      const sources = chain.files.slice(0, count).map((file) => sourceOf(vectorBytes(file.file)));
      const hash = createHash('sha256');
      for await (const chunk of mergeToDatabase(sources)) hash.update(chunk);
      expect(hash.digest('hex')).toBe(chain.files[count - 1]!.database?.sha256);
    });
  },
);

describe('applying', () => {
  const database = new ModelDatabase({ pageSize: 512, seed: 3 });
  for (let i = 0; i < 4; i++) database.mutate();
  const [first, second, third] = database.transactions.map((transaction) => transaction.ltx);

  it('refuses a file that does not continue the one before, and writes nothing', async () => {
    const target = new SparseDatabase(512);
    const previous = await applyLtx(sourceOf(first!), target);
    const before = target.sha256();
    const refusal = await refusalFrom(applyLtx(sourceOf(third!), target, { previous }));
    expect(refusal.code).toBe('LTX_NOT_CONTIGUOUS');
    expect(target.sha256()).toBe(before);
  });

  it('notices a target that is not what the file was made for', async () => {
    const sums = new PageSumTable();
    const refusal = await refusalFrom(applyLtx(sourceOf(second!), new SparseDatabase(512), { sums }));
    expect(refusal.code).toBe('LTX_DATABASE_CHECKSUM');
  });

  it('fails on a file that is cut, whatever was written of it', async () => {
    const cut = first!.subarray(0, first!.length - 1);
    const refusal = await refusalFrom(applyLtx(sourceOf(cut), new SparseDatabase(512)));
    expect(refusal.code).toBe('LTX_TRUNCATED');
  });
});
