import { promiseStart } from './files.ts';
import type { DatabaseCatalogue, StoredFile } from './types.ts';

/**
 * Up to which time points of level 0 are no longer promised, because the newer ones fill the byte limit, ms;
 * -Infinity when all fit. The limit is one for all databases, and the oldest go first, wherever they are.
 * O(n log n) of the entries of level 0, and O(n) while they fit.
 */
export function level0Cutoff(catalogues: readonly DatabaseCatalogue[], bytesMax: number): number {
  let total = 0;
  for (const { local } of catalogues) for (const file of local) total += file.sizeBytes;
  if (total <= bytesMax) return Number.NEGATIVE_INFINITY;
  const files: StoredFile[] = catalogues.flatMap(({ local }) => local);
  const starts = files.map((file) => ({ start: promiseStart(file), size: file.sizeBytes }));
  starts.sort((a, b) => a.start - b.start);
  for (const { start, size } of starts) {
    total -= size;
    if (total <= bytesMax) return start;
  }
  return Number.POSITIVE_INFINITY;
}
