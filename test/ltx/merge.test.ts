import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_CHECKSUM,
  type LtxErrorCode,
  MERGE_INPUTS_MAX,
  mergeLtx,
  mergeToDatabase,
} from '../../src/ltx/index.ts';
import { buildLtx, ModelDatabase } from '../support/ltx-fixtures.ts';
import { collect, decodeCut, describeBytes, expectBytes, refusalFrom, sourceOf } from './reading.ts';
import { vectorBytes, vectors } from './vectors.ts';

/** Merges any number of files, in passes where one merge would take too many. */
async function merge(files: Uint8Array[], compress = true): Promise<Uint8Array> {
  const pass: Uint8Array[] = [];
  for (let at = 0; files.length > MERGE_INPUTS_MAX && at < files.length; at += MERGE_INPUTS_MAX) {
    pass.push(await merge(files.slice(at, at + MERGE_INPUTS_MAX), compress));
  }
  if (pass.length > 0) return merge(pass, compress);
  return collect(
    mergeLtx(
      files.map((file) => sourceOf(file, [4_099])),
      { compress },
    ),
  );
}

const compactions = vectors('compaction').map((entry): [string, typeof entry] => [entry.name, entry]);

describe.each(compactions.filter(([, entry]) => entry.strict === 'accept'))('%s', (_, vector) => {
  it('gives what the reference gives', async () => {
    const merged = await merge(vector.inputs.map(vectorBytes), vector.headerFlags === 1);
    expect(describeBytes(merged)).toEqual(describeBytes(vectorBytes(vector.file!)));
    const hash = createHash('sha256');
    decodeCut(merged, 'whole', { pages: (batch) => hash.update(batch.frames()) });
    expect(hash.update(new Uint8Array(4)).digest('hex')).toBe(vector.pageBlockSha256);
  });
});

const refusals: Record<string, [LtxErrorCode, input: number | undefined]> = {
  'refuse-page-size': ['LTX_PAGE_SIZE_CHANGE', 2],
  'refuse-page-size-at-deletion': ['LTX_PAGE_SIZE_CHANGE', 1],
  'refuse-gap': ['LTX_NOT_CONTIGUOUS', 2],
  'refuse-gap-allowed': ['LTX_NOT_CONTIGUOUS', 2],
  'refuse-overlap': ['LTX_NOT_CONTIGUOUS', 1],
  'refuse-duplicate': ['LTX_NOT_CONTIGUOUS', 1],
  'refuse-nothing': ['LTX_MERGE_INPUTS', undefined],
  'refuse-checksum-break': ['LTX_CHAIN_CHECKSUM', 1],
  'refuse-truncated-input': ['LTX_TRUNCATED', 1],
  'refuse-corrupt-input': ['LTX_FILE_CHECKSUM', 0],
  'refuse-bad-header': ['LTX_MAGIC', 1],
  'refuse-empty-input': ['LTX_TRUNCATED', 1],
  'refuse-snapshot-hole': ['LTX_PAGE_MISSING', undefined],
};

describe.each(compactions.filter(([, entry]) => entry.strict === 'reject'))('%s', (name, vector) => {
  it('is refused, and the input at fault is named', async () => {
    const refusal = await refusalFrom(merge(vector.inputs.map(vectorBytes)));
    expect([refusal.code, refusal.input]).toEqual(refusals[name]);
  });
});

describe('merging', () => {
  const database = new ModelDatabase({ pageSize: 512, seed: 5 });
  for (let i = 0; i < 6; i++) database.mutate();
  const grown = database.bytes();
  database.drop();
  database.commit({ commit: 4 });
  database.mutate();
  const files = database.transactions.map((transaction) => transaction.ltx);
  const sources = (some: Uint8Array[]) => some.map((file) => sourceOf(file));

  it('refuses more inputs than it may hold open, without opening any', async () => {
    const opened = new Array(17).fill(null).map(() => ({
      [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => {
        throw new Error('opened');
      },
    }));
    const refusal = await refusalFrom(collect(mergeLtx(opened, { compress: true })));
    expect(refusal.code).toBe('LTX_MERGE_INPUTS');
  });

  it('relabels files from a deletion on as a snapshot', async () => {
    const merged = await collect(mergeLtx(sources(files.slice(7)), { compress: true, asSnapshot: true }));
    expect(describeBytes(merged)).toEqual(describeBytes(database.snapshot()));
  });

  it('keeps the pre-apply checksum of an empty database otherwise', async () => {
    const merged = decodeCut(await merge(files.slice(7)), 'whole');
    expect(merged.header?.preApplyChecksum).toBe(EMPTY_CHECKSUM);
    expect(merged.header?.minTxid).toBe(8n);
  });

  it('writes no snapshot and no database from files that build on others', async () => {
    const asSnapshot = mergeLtx(sources(files.slice(2, 5)), { compress: true, asSnapshot: true });
    expect((await refusalFrom(collect(asSnapshot))).code).toBe('LTX_NOT_A_BASE');
    expect((await refusalFrom(collect(mergeToDatabase(sources(files.slice(2, 5)))))).code).toBe(
      'LTX_NOT_A_BASE',
    );
  });

  it('streams the database, before and after the deletion', async () => {
    expectBytes(await collect(mergeToDatabase(sources(files.slice(0, 6)))), grown);
    expectBytes(await collect(mergeToDatabase(sources(files.slice(0, 7)))), new Uint8Array(0));
    expectBytes(await collect(mergeToDatabase(sources(files))), database.bytes());
    expectBytes(await collect(mergeToDatabase(sources(files.slice(7)))), database.bytes());
  });

  it('leaves a chunk of the database as it is until the chunk after the next one is asked for', async () => {
    const large = new ModelDatabase({ pageSize: 4_096 });
    large.commit({ pages: Array.from({ length: 800 }, (_, i) => [i + 1, new Uint8Array(4_096).fill(i)]) });
    const taken: Uint8Array[] = [];
    let before: Uint8Array | undefined;
    for await (const chunk of mergeToDatabase(sources([large.snapshot()]))) {
      if (before !== undefined) taken.push(before.slice());
      before = chunk;
    }
    expect(taken.length).toBeGreaterThan(8);
    expectBytes(new Uint8Array(Buffer.concat([...taken, before!])), large.bytes());
  });

  it('closes every source, whether it ends, fails or is left', async () => {
    let open = 0;
    const counted = (file: Uint8Array) =>
      (async function* () {
        open++;
        try {
          yield* sourceOf(file, [100]);
        } finally {
          open--;
        }
      })();
    await collect(mergeLtx(files.slice(0, 6).map(counted), { compress: true }));
    expect(open).toBe(0);
    await refusalFrom(
      collect(mergeLtx([counted(files[0]!), counted(files[1]!.subarray(50))], { compress: true })),
    );
    expect(open).toBe(0);
    for await (const _ of mergeLtx(files.slice(0, 6).map(counted), { compress: true })) break;
    expect(open).toBe(0);
  });

  it('never yields the trailer when an input turns out bad at its end', async () => {
    const bad = files[1]!.slice();
    bad[bad.length - 1]! ^= 1;
    const whole = await merge(files.slice(0, 3));
    const partial: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of mergeLtx(sources([files[0]!, bad, files[2]!]), { compress: true }))
        partial.push(chunk);
    })();
    expect((await refusalFrom(reading)).code).toBe('LTX_FILE_CHECKSUM');
    expect(Buffer.concat(partial).length).toBeLessThan(whole.length - 15);
    expect(() => decodeCut(new Uint8Array(Buffer.concat(partial)), 'whole')).toThrow();
  });

  it('refuses a history that regrows without the pages it regrew by', async () => {
    const page = new Uint8Array(512).fill(1);
    const files = [
      { minTxid: 5n, commit: 9, pages: [[9, page]] as const },
      { minTxid: 6n, commit: 3 },
      { minTxid: 7n, commit: 9, pages: [[4, page]] as const },
    ].map((spec) => buildLtx({ pageSize: 512, pre: EMPTY_CHECKSUM, post: EMPTY_CHECKSUM, ...spec }));
    expect((await refusalFrom(merge(files))).code).toBe('LTX_PAGE_MISSING');
  });

  it('refuses a database whose checksum is not the one recorded, before its last bytes', async () => {
    const page = new Uint8Array(512).fill(1);
    const base = buildLtx({
      pageSize: 512,
      minTxid: 3n,
      commit: 1,
      pages: [[1, page]],
      pre: EMPTY_CHECKSUM,
      post: EMPTY_CHECKSUM,
    });
    const partial: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of mergeToDatabase(sources([base]))) partial.push(chunk);
    })();
    expect((await refusalFrom(reading)).code).toBe('LTX_DATABASE_CHECKSUM');
    expect(partial).toEqual([]);
  });
});
