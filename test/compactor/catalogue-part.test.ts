import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/compactor/run/catalogue.ts';
import { formatTxid } from '../../src/ltx/index.ts';
import { payloadsThrough } from '../../src/projections/first-payloads.ts';
import { World } from '../compactor-run/world.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

let world: World;
beforeEach(async () => {
  world = await World.start({ replicas: ['one', 'two'] });
});
afterEach(() => world[Symbol.dispose]());

/** Twelve transactions that are stored on both replicas, and three that are on none. */
async function history(): Promise<void> {
  const model = new ModelDatabase({ pageSize: 512 });
  for (let i = 0; i < 12; i++) await world.write('a.db', model);
  await world.pass(30_000, 5_000);
  for (let i = 0; i < 3; i++) await world.write('a.db', model);
}

const part = (first: number, replicas = ['one', 'two']) => {
  const { catalogue, omitted } = loadCatalogue(world.engine.log.sql, 'shop', 'a.db', { first, replicas })!;
  return { txids: catalogue.local.map(({ maxTxid }) => Number(maxTxid)), omitted };
};

describe('the part of level 0 that a turn reads', () => {
  it('is what the replicas do not have yet, after the last that they have', async () => {
    await history();
    expect(part(0)).toEqual({ txids: [12, 13, 14, 15], omitted: { after: 0n, before: 12n } });
  });

  it('has as many of the first as are asked for', async () => {
    await history();
    expect(part(5)).toEqual({ txids: [1, 2, 3, 4, 5, 12, 13, 14, 15], omitted: { after: 5n, before: 12n } });
    const all = Array.from({ length: 15 }, (_, i) => i + 1);
    expect(part(11)).toEqual({ txids: all, omitted: null });
    expect(part(14)).toEqual({ txids: all, omitted: null });
    expect(part(100)).toEqual({ txids: all, omitted: null });
  });

  it('is all of it for a replica that has nothing yet', async () => {
    await history();
    const all = Array.from({ length: 15 }, (_, i) => i + 1);
    expect(part(5, ['one', 'three'])).toEqual({ txids: all, omitted: null });
  });
});

describe('the first payloads of a stream', () => {
  it('are those that end at or below a TXID, of that stream alone', async () => {
    await history();
    await world.write('b.db', new ModelDatabase({ pageSize: 512 }));
    const { sql } = world.engine.log;
    const rows = sql.all(
      'SELECT seq, size_bytes FROM payload WHERE stream = ? ORDER BY seq',
      'db/shop/a.db/1',
    );
    const through = (txid: bigint) => payloadsThrough(sql, 'db/shop/a.db/1', formatTxid(txid));
    const bytes = (count: number) =>
      rows.slice(0, count).reduce((sum, { size_bytes }) => sum + Number(size_bytes), 0);
    expect(through(0n)).toEqual({ lastSeq: 0, count: 0, bytes: 0 });
    expect(through(4n)).toEqual({ lastSeq: rows[3]!['seq'], count: 4, bytes: bytes(4) });
    expect(through(15n)).toEqual({ lastSeq: rows[14]!['seq'], count: 15, bytes: bytes(15) });
    expect(through(99n)).toEqual({ lastSeq: rows[14]!['seq'], count: 15, bytes: bytes(15) });
  });
});
