import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LtxDecoder,
  LtxError,
  MERGE_INPUTS_MAX,
  mergeLtx,
  mergeToDatabase,
  PageSumTable,
} from '../../src/ltx/index.ts';
import { buildLtx, ModelDatabase } from '../support/ltx-fixtures.ts';
import { runs } from '../support/scale.ts';
import { collect, decodeCut, describeBytes, expectBytes, sourceOf } from './reading.ts';

const PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

const pageSizes = fc.constantFrom(...PAGE_SIZES);
const seeds = fc.integer({ min: 0, max: 0x7fff_ffff });
const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 });

/** What a random history is made from: printed when a property fails, unlike the megabytes it stands for. */
interface History {
  pageSize: number;
  seed: number;
  compress: boolean;
  transactions: number;
  /** The transaction that deletes the database; 0 for none. */
  drop: number;
}

const histories: fc.Arbitrary<History> = fc.record({
  pageSize: pageSizes,
  seed: seeds,
  compress: fc.boolean(),
  transactions: fc.integer({ min: 1, max: MERGE_INPUTS_MAX }),
  drop: fc.integer({ min: 0, max: MERGE_INPUTS_MAX }),
});

function play({ pageSize, seed, compress, transactions, drop }: History): ModelDatabase {
  const database = new ModelDatabase({ pageSize, seed, compress });
  for (let i = 0; i < transactions; i++) {
    if (i > 0 && i === drop) database.drop();
    else database.mutate({ pagesMax: pageSize > 8192 ? 6 : 24 });
  }
  return database;
}

const filesOf = (database: ModelDatabase) => database.transactions.map((transaction) => transaction.ltx);
const sources = (files: Uint8Array[]) => files.map((file) => sourceOf(file, [5_003]));
const merged = (files: Uint8Array[], compress = false) => collect(mergeLtx(sources(files), { compress }));

/** The page frames that a file holds. */
function framesOf(file: Uint8Array, chunkCuts: number[]): Uint8Array {
  const frames: Uint8Array[] = [];
  decodeCut(file, chunkCuts, { pages: (batch) => frames.push(batch.frames().slice()) });
  return Buffer.concat(frames);
}

/** The page frames that a snapshot of a database must hold. */
function framesOfModel(database: ModelDatabase): Uint8Array {
  const pages = [...database.pages].sort(([a], [b]) => a - b);
  return Buffer.concat(
    pages.flatMap(([pageNumber, data]) => {
      const field = Buffer.alloc(4);
      field.writeUInt32BE(pageNumber);
      return [field, data];
    }),
  );
}

describe('a file', () => {
  it('decodes to the pages it was made of, wherever it is cut', () => {
    const property = fc.property(histories, cuts, (history, chunkCuts) => {
      const database = play(history);
      expectBytes(framesOf(database.snapshot(), chunkCuts), framesOfModel(database));
    });
    fc.assert(property, { numRuns: runs(150) });
  });

  it('is refused with an LtxError after any flip of a byte, or decodes to the same content', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 40,
      maxLength: 40,
    });
    const property = fc.property(histories, flips, (history, mutations) => {
      const database = play(history);
      const file = filesOf(database).at(-1)!;
      const original = describeBytes(file);
      const content = framesOf(file, [file.length]);
      for (const [where, bits] of mutations) {
        const bad = file.slice();
        bad[where % bad.length]! ^= bits;
        const outcome = attempt(() => describeBytes(bad));
        if (outcome instanceof LtxError) continue;
        expect(outcome).toEqual(original);
        expectBytes(framesOf(bad, [bad.length]), content);
      }
    });
    fc.assert(property, { numRuns: runs(100) });
  });

  it('that is plain is refused after every flip of a bit', () => {
    const file = buildLtx({
      pageSize: 512,
      minTxid: 1n,
      commit: 1,
      pages: [[1, new Uint8Array(512)]],
      compress: false,
    });
    for (let bit = 0; bit < file.length * 8; bit++) {
      const bad = file.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      expect(attempt(() => decodeCut(bad, 'whole'))).toBeInstanceOf(LtxError);
    }
  });

  it('that is noise, cut, or spliced never ends in anything but an LtxError', () => {
    const property = fc.property(
      histories,
      seeds,
      fc.uint8Array({ maxLength: 300 }),
      (history, at, noise) => {
        const database = play(history);
        const file = filesOf(database)[0]!;
        const from = at % file.length;
        for (const bad of [
          file.subarray(0, from),
          Buffer.concat([file.subarray(0, from), noise, file.subarray(from)]),
          Buffer.concat([file.subarray(0, from), noise]),
          noise,
        ]) {
          const outcome = attempt(() => decodeCut(new Uint8Array(bad), [997]));
          if (!(outcome instanceof LtxDecoder)) expect(outcome).toBeInstanceOf(LtxError);
          else expectBytes(new Uint8Array(bad), file);
        }
      },
    );
    fc.assert(property, { numRuns: runs(150) });
  });
});

describe('merging', () => {
  it('gives the database that applying one by one gives', async () => {
    const property = fc.asyncProperty(histories, async (history) => {
      const database = play(history);
      expectBytes(await collect(mergeToDatabase(sources(filesOf(database)))), database.bytes());
      const snapshot = await merged(filesOf(database));
      expect(describeBytes(snapshot)).toEqual(describeBytes(database.snapshot({ compress: false })));
    });
    await fc.assert(property, { numRuns: runs(150) });
  });

  it('is associative, byte for byte', async () => {
    const property = fc.asyncProperty(histories, seeds, fc.boolean(), async (history, seed, compress) => {
      const database = play(history);
      const files = filesOf(database);
      fc.pre(files.length > 1);
      const at = 1 + (seed % (files.length - 1));
      const parts = [await merged(files.slice(0, at), !compress), await merged(files.slice(at), compress)];
      expectBytes(await merged(parts, compress), await merged(files, compress));
    });
    await fc.assert(property, { numRuns: runs(100) });
  });

  it('of the end of a history continues its beginning', async () => {
    const property = fc.asyncProperty(histories, seeds, async (history, seed) => {
      const database = play(history);
      const files = filesOf(database);
      const sums = new PageSumTable();
      const at = seed % files.length;
      const tail = await merged(files.slice(at));
      for (const file of [...files.slice(0, at), tail]) {
        const decoder = decodeCut(file, 'whole', { pages: (batch) => sums.write(batch) });
        sums.truncate(decoder.header!.commit);
        expect(sums.checksum).toBe(decoder.end().postApplyChecksum);
      }
    });
    await fc.assert(property, { numRuns: runs(100) });
  });
});

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
