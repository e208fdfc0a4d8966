import { expect, it } from 'vitest';
import { ImageEncoder } from '../../../src/engine/import/image-encoder.ts';
import { LtxDecoder, lockPage, relabel } from '../../../src/ltx/index.ts';

const PAGE = 65_536;
const BUFFER_PAGES = 4;

it('leaves the lock page of a database beyond 1 GiB out, whatever it holds', () => {
  const pieces: Uint8Array[] = [];
  const numbers: number[] = [];
  const encoder = new ImageEncoder(
    PAGE,
    (piece) => pieces.push(piece.slice()),
    (pageNumbers) => numbers.push(...pageNumbers),
  );
  const lock = lockPage(PAGE);
  const commit = lock + 3;
  const buffer = new Uint8Array(BUFFER_PAGES * PAGE).fill(1);
  for (let page = 1; page <= commit; page += BUFFER_PAGES) {
    encoder.image(buffer.subarray(0, Math.min(BUFFER_PAGES, commit - page + 1) * PAGE));
  }
  const outline = encoder.end();
  expect(outline.pages).toBe(commit - 1);
  expect(numbers.slice(-4)).toEqual([lock - 1, lock + 1, lock + 2, lock + 3]);

  const file = Buffer.concat(pieces);
  const header = { ...outline.header, commit, minTxid: 1n, maxTxid: 1n, preApplyChecksum: 0n };
  const { headerBytes, trailerBytes } = relabel(outline, header);
  file.set(headerBytes, 0);
  file.set(trailerBytes, file.byteLength - trailerBytes.byteLength);
  const decoder = new LtxDecoder();
  decoder.write(file);
  expect(decoder.end().postApplyChecksum).toBe(outline.trailer.postApplyChecksum);
  expect(decoder.pageCount).toBe(commit - 1);
});
