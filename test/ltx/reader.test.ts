import { describe, expect, it } from 'vitest';
import { LtxDecoder, LtxReader } from '../../src/ltx/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { expectBytes, refusalFrom, sourceOf } from './reading.ts';

const database = new ModelDatabase({ pageSize: 4096, seed: 11 });
database.commit({ commit: 100 });
database.mutate({ pagesMax: 100, changesMax: 60 });
const file = database.snapshot();

describe('a reader', () => {
  it('hands out the header before any page, then batch by batch, then the trailer', async () => {
    const reader = await LtxReader.open(sourceOf(file, [1_000]));
    expect(reader.header.maxTxid).toBe(2n);
    expect(reader.pageCount).toBe(0);
    const numbers: number[] = [];
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      expect(batch.count * 4100).toBeLessThanOrEqual(65_536 + 4100);
      numbers.push(...batch.pageNumbers);
    }
    expect(numbers).toEqual([...database.pages.keys()].sort((a, b) => a - b));
    expect(reader.trailer?.postApplyChecksum).toBe(database.pos.checksum);
    expect(reader.framing).toEqual({ standard: true });
    expect(reader.bytesRead).toBe(file.length);
    expect(await reader.next()).toBeUndefined();
    await reader.close();
  });

  it('does not wait for bytes that are at hand', async () => {
    const reader = await LtxReader.open(sourceOf(file));
    let batches = 0;
    while (reader.advance()) batches++;
    expect(batches).toBeGreaterThan(1);
    expect(reader.trailer).toBeUndefined();
    expect(await reader.fill()).toBe(false);
    expect(reader.trailer).toBeDefined();
  });

  it('keeps a batch while other files are decoded in between', async () => {
    const reader = await LtxReader.open(sourceOf(file, [1_000]));
    const batch = (await reader.next())!;
    const before = batch.frames().slice();
    new LtxDecoder().write(database.transactions[0]!.ltx);
    expectBytes(batch.frames(), before);
  });

  it('closes its source when the header is refused', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield new Uint8Array(200);
      } finally {
        closed = true;
      }
    }
    expect((await refusalFrom(LtxReader.open(source()))).code).toBe('LTX_MAGIC');
    expect(closed).toBe(true);
  });

  it("passes on its source's own error", async () => {
    // biome-ignore lint/correctness/useYield: it fails before there is anything to yield
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw new Error('socket hang up');
    }
    await expect(LtxReader.open(broken())).rejects.toThrow('socket hang up');
  });

  it('repeats a refusal, whoever asks again', () => {
    const decoder = new LtxDecoder();
    const error = catchOf(() => decoder.write(new Uint8Array(100)));
    expect(catchOf(() => decoder.write(file))).toBe(error);
    expect(catchOf(() => decoder.end())).toBe(error);
  });
});

function catchOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
