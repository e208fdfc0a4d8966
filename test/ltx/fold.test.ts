import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LtxFold, MERGE_INPUTS_MAX, mergeLtx } from '../../src/ltx/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { runs } from '../support/scale.ts';
import { collect, expectBytes, refusalFrom, refusalOf, sourceOf } from './reading.ts';
import { vectorBytes, vectors } from './vectors.ts';

const fold = new LtxFold();

function folded(
  files: readonly Uint8Array[],
  options: { compress: boolean; asSnapshot?: boolean },
): Uint8Array {
  fold.clear();
  for (const file of files) fold.add(file);
  return Buffer.concat([...fold.chunks(options)]);
}

const merged = (files: readonly Uint8Array[], options: { compress: boolean; asSnapshot?: boolean }) =>
  collect(
    mergeLtx(
      files.map((file) => sourceOf(file)),
      options,
    ),
  );

describe('a fold', () => {
  it('gives the bytes that a merge gives, of databases that grow, shrink, go and come again', async () => {
    const histories = fc.record({
      pageSize: fc.constantFrom(512, 4096, 65_536),
      seed: fc.integer({ min: 0, max: 0x7fff_ffff }),
      transactions: fc.integer({ min: 1, max: MERGE_INPUTS_MAX }),
      from: fc.integer({ min: 0, max: MERGE_INPUTS_MAX - 1 }),
      drop: fc.integer({ min: 0, max: MERGE_INPUTS_MAX }),
      compress: fc.boolean(),
    });
    const property = fc.asyncProperty(
      histories,
      async ({ transactions, drop, from, compress, ...options }) => {
        const database = new ModelDatabase({ ...options, compress: true });
        for (let i = 0; i < transactions; i++) {
          if (i > 0 && i === drop) database.drop();
          else database.mutate({ pagesMax: options.pageSize > 8192 ? 6 : 24 });
        }
        const files = database.transactions.map(({ ltx }) => ltx).slice(Math.min(from, transactions - 1));
        expectBytes(folded(files, { compress }), await merged(files, { compress }));
        if (files.length < transactions) return;
        const asSnapshot = { compress, asSnapshot: true };
        expectBytes(folded(files, asSnapshot), await merged(files, asSnapshot));
      },
    );
    await fc.assert(property, { numRuns: runs(100) });
  });

  it('takes more files than one merge does', async () => {
    const database = new ModelDatabase({ pageSize: 4096, seed: 1, compress: true });
    for (let i = 0; i < 3 * MERGE_INPUTS_MAX; i++) database.mutate({ pagesMax: 8 });
    const files = database.transactions.map(({ ltx }) => ltx);
    const parts = [0, 1, 2].map((part) =>
      merged(files.slice(part * MERGE_INPUTS_MAX, (part + 1) * MERGE_INPUTS_MAX), { compress: true }),
    );
    const whole = await merged(await Promise.all(parts), { compress: true });
    expectBytes(folded(files, { compress: true }), whole);
  });

  const refused = vectors('compaction').filter(
    ({ name, strict }) => strict === 'reject' && name !== 'refuse-nothing',
  );

  it.each(refused.map(({ name, inputs }) => [name, inputs] as const))(
    'refuses what a merge refuses: %s',
    async (_, inputs) => {
      const files = inputs.map(vectorBytes);
      const refusal = refusalOf(() => folded(files, { compress: true }));
      expect(refusal.code).toBe((await refusalFrom(merged(files, { compress: true }))).code);
    },
  );

  it('is of use again after an error', async () => {
    const database = new ModelDatabase({ pageSize: 512, seed: 2, compress: true });
    for (let i = 0; i < 4; i++) database.mutate({ pagesMax: 8 });
    const files = database.transactions.map(({ ltx }) => ltx);
    refusalOf(() => folded([files[0]!, files[2]!], { compress: true }));
    expectBytes(folded(files, { compress: true }), await merged(files, { compress: true }));
  });
});
