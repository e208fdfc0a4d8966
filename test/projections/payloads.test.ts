import { afterEach, beforeEach, expect, it } from 'vitest';
import { databaseStream } from '../../src/events/index.ts';
import type { Pos } from '../../src/ltx/index.ts';
import { chainTo, PAYLOADS_PAGE } from '../../src/projections/payloads.ts';
import { InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

let engine: InProcess;
let model: ModelDatabase;

beforeEach(() => {
  engine = new InProcess();
  model = new ModelDatabase({ pageSize: 512, seed: 3 });
});
afterEach(() => engine[Symbol.dispose]());

const send = async (ltx: Uint8Array): Promise<void> => {
  expect(['create', 'append', 'rebase']).toContain(await engine.outcome('a.db', ltx));
};

/** First and last TXID of each file that leads to a position. */
const filesTo = (pos: Pos): string[] =>
  [...chainTo(engine.log.sql, databaseStream('shop', 'a.db', 1), pos)].map(
    ({ minTxid, maxTxid }) => `${Number.parseInt(minTxid, 16)}-${Number.parseInt(maxTxid, 16)}`,
  );

it('a chain begins at the newest whole database at or before the position, whatever came after it', async () => {
  for (let i = 0; i < 3; i++) await send(model.mutate().ltx);
  const third = model.pos;
  await send(model.drop().ltx);
  await send(model.commit({ commit: 2 }).ltx);
  await send(model.mutate().ltx);
  expect(filesTo(model.pos)).toEqual(['5-5', '6-6']);
  // Planned a moment ago, for a position that has been passed since.
  expect(filesTo(third)).toEqual(['1-1', '2-2', '3-3']);
});

it('no files lead to a position that never was', async () => {
  await send(model.mutate().ltx);
  expect(filesTo({ txid: 9n, checksum: model.pos.checksum })).toEqual([]);
  expect(filesTo({ txid: 1n, checksum: model.pos.checksum ^ 1n })).toEqual([]);
});

it('a chain may be longer than a page of it', async () => {
  for (let i = 0; i < PAYLOADS_PAGE + 5; i++) await send(model.mutate({ changesMax: 1, pagesMax: 3 }).ltx);
  const files = filesTo(model.pos);
  expect(files).toHaveLength(PAYLOADS_PAGE + 5);
  expect(new Set(files).size).toBe(PAYLOADS_PAGE + 5);
});
