import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SumsFile } from '../../../src/engine/verify/sums-file.ts';
import { CHECKSUM_FLAG } from '../../../src/ltx/index.ts';
import { property } from '../../support/property.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** Enough to reach into several blocks on disk. */
const page = fc.integer({ min: 1, max: 30_000 });
const change = fc.record({
  pages: fc.uniqueArray(page, { maxLength: 400 }),
  commit: page,
  /** How many of the changes before it are taken back first. */
  back: fc.integer({ min: 0, max: 3 }),
});

test('holds what was written, and what is left of it when some is taken back', () => {
  const directory = tempDir();
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      using sums = new SumsFile(directory);
      const states: { mark: number; before: Map<number, bigint> }[] = [];
      let model = new Map<number, bigint>();
      let next = 1n;
      for (const { pages, commit, back } of changes) {
        for (let i = 0; i < back && states.length > 0; i++) {
          const { mark, before } = states.pop()!;
          sums.rollback(mark);
          model = before;
        }
        states.push({ mark: sums.mark, before: model });
        const sorted = pages.toSorted((a, b) => a - b);
        const values = sorted.map(() => CHECKSUM_FLAG | (next++ * 0x9e37_79b9_7f4an));
        sums.write({
          count: sorted.length,
          pageNumbers: Uint32Array.from(sorted),
          sums: BigUint64Array.from(values),
        });
        sums.truncate(commit);
        const written = [...model, ...sorted.map((number, i) => [number, values[i]!] as const)];
        model = new Map(written.filter(([number]) => number <= commit));
        const xor = [...model.values()].reduce((a, b) => a ^ b, 0n);
        expect(sums.checksum).toBe(xor | CHECKSUM_FLAG);
        expect(sums.pages).toBe(model.size);
      }
    }),
    property(60),
  );
});
