import { describe, expect, it } from 'vitest';
import { LtxEncoder, lockPage, mergeLtx, mergeToDatabase } from '../../src/ltx/index.ts';
import { headerOf } from '../support/ltx-fixtures.ts';

const PAGE_SIZE = 65_536;
const LOCK_PAGE = lockPage(PAGE_SIZE);

/** A snapshot of `commit` pages that are full of their number's lowest byte. */
function* snapshot(commit: number): Generator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  const header = headerOf({ minTxid: 1n, pageSize: PAGE_SIZE, commit, compress: true });
  const encoder = new LtxEncoder(header, (chunk) => chunks.push(chunk));
  const page = new Uint8Array(PAGE_SIZE);
  for (let pageNumber = 1; pageNumber <= commit; pageNumber++) {
    if (pageNumber === LOCK_PAGE) continue;
    encoder.page(pageNumber, page.fill(pageNumber));
    yield* chunks;
    chunks = [];
  }
  encoder.end(encoder.pagesChecksum);
  yield* chunks;
}

async function* sourceOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('a database past 1 GiB', () => {
  it.each([LOCK_PAGE - 1, LOCK_PAGE, LOCK_PAGE + 1])(
    'of %i pages has zeros for its lock page',
    async (commit) => {
      const merged = mergeLtx([sourceOf(snapshot(commit))], { compress: true });
      let page = 0;
      for await (const chunk of mergeToDatabase([merged])) {
        for (let at = 0; at < chunk.length; at += PAGE_SIZE) {
          page++;
          const expected = page === LOCK_PAGE ? 0 : page & 0xff;
          if (chunk[at] !== expected || chunk[at + PAGE_SIZE - 1] !== expected)
            throw new Error(`page ${page}`);
        }
      }
      expect(page).toBe(commit);
    },
  );
});
