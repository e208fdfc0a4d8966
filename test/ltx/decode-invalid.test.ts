import { describe, expect, it } from 'vitest';
import { type Cuts, decodeCut, refusalOf } from './reading.ts';
import { vectorBytes, vectors } from './vectors.ts';

const SMALL_FILE_BYTES = 6_000;

describe.each(vectors('invalid').map((entry): [string, typeof entry] => [entry.name, entry]))(
  '%s',
  (_, entry) => {
    const bytes = vectorBytes(entry.file);
    const cuts: Cuts[] = ['whole', [1, 65_536], [37, 4_099, 7]];
    if (bytes.length <= SMALL_FILE_BYTES) cuts.push('bytes');

    it(`is ${entry.strict}ed wherever it is cut: ${entry.description}`, () => {
      for (const cut of cuts) {
        if (entry.strict === 'accept') {
          decodeCut(bytes, cut);
          continue;
        }
        const refusal = refusalOf(() => decodeCut(bytes, cut));
        expect(refusal.offset).toBeLessThanOrEqual(bytes.length);
      }
    });
  },
);
