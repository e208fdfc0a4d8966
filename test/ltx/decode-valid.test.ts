import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LtxDecoder, type LtxFraming } from '../../src/ltx/index.ts';
import { type Cuts, chunksOf, decodeCut, describeBytes } from './reading.ts';
import { type FileVector, vectorBytes, vectors } from './vectors.ts';

const SMALL_FILE_BYTES = 6_000;

/** Every valid file there is: alone, in a chain, or what the reference made of a compaction. */
const valid: [string, FileVector][] = [
  ...vectors('file').map((entry): [string, FileVector] => [entry.name, entry]),
  ...vectors('chain').flatMap((chain) =>
    chain.files.map((file): [string, FileVector] => [`${chain.name} ${file.file}`, file]),
  ),
  ...vectors('compaction').flatMap((entry): [string, FileVector][] =>
    entry.strict === 'accept' && entry.file !== undefined
      ? [[entry.name, { ...entry, file: entry.file }]]
      : [],
  ),
];

describe.each(valid)('%s', (_, vector) => {
  const bytes = vectorBytes(vector.file);
  const expected = {
    header: vector.header,
    pages: vector.pages,
    pageCount: vector.pageCount,
    pageBlockBytes: vector.pageBlockBytes,
    trailer: vector.trailer,
  };

  it('decodes to what the manifest lists, wherever it is cut', () => {
    const cuts: Cuts[] = ['whole', [1, 65_536], [37, 4_099, 7], [9_973]];
    if (bytes.length <= SMALL_FILE_BYTES) cuts.push('bytes');
    for (const cut of cuts) expect(describeBytes(bytes, cut)).toEqual(expected);
  });

  it('hands out the page block it holds', () => {
    const hash = createHash('sha256');
    const decoder = decodeCut(bytes, [1_009], { pages: (batch) => hash.update(batch.frames()) });
    expect(hash.update(new Uint8Array(4)).digest('hex')).toBe(vector.pageBlockSha256);
    expect(decoder.bytesRead).toBe(vector.bytes);
  });
});

describe('framing', () => {
  function framingOf(name: string): LtxFraming[] {
    const seen: LtxFraming[] = [];
    const file = vectors('file').find((entry) => entry.name === name)!.file;
    decodeCut(vectorBytes(file), 'whole', { framing: (framing) => seen.push(framing) });
    return seen;
  }

  it.each([
    ['snapshot-4096-2-plain', true],
    ['snapshot-4096-1-lz4', true],
    ['lz4-default-by-hand', true],
    ['lz4-linked-64k', false],
    ['lz4-256k', false],
    ['lz4-no-content-checksum', false],
    ['lz4-content-size', false],
    ['lz4-block-checksum', false],
  ])('of %s is standard: %s', (name, standard) => {
    expect(framingOf(name)).toEqual([{ standard }]);
  });
});

describe('writeSome', () => {
  it('delivers at most one batch a call', () => {
    const bytes = vectorBytes('files/lz4-default-by-hand.ltx');
    let batches = 0;
    let most = 0;
    const decoder = new LtxDecoder({ pages: () => batches++ });
    for (const chunk of chunksOf(bytes, 'whole')) {
      for (let at = 0; at < chunk.length; ) {
        batches = 0;
        const next = decoder.writeSome(chunk, at);
        expect(next).toBeGreaterThan(at);
        most = Math.max(most, batches);
        at = next;
      }
    }
    decoder.end();
    expect(most).toBe(1);
  });
});
