import { afterEach, beforeEach, expect, it } from 'vitest';
import { databaseStream } from '../../src/events/index.ts';
import { chainTo, PAYLOADS_PAGE } from '../../src/projections/payloads.ts';
import { InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

let inProcess: InProcess;
beforeEach(() => {
  inProcess = new InProcess();
});
afterEach(() => {
  inProcess[Symbol.dispose]();
});

const chain = (pos: { txid: bigint; checksum: bigint }): number[] =>
  [...chainTo(inProcess.log.sql, databaseStream('shop', 'a.db', 1), pos)].map(({ maxTxid }) =>
    Number(maxTxid),
  );

it('the files that lead to a position are the same, whatever is committed after it', async () => {
  const model = new ModelDatabase({ pageSize: 512, seed: 1 });
  for (let i = 0; i < 3; i++) await inProcess.outcome('a.db', model.mutate().ltx);
  const before = model.pos;
  expect(chain(before)).toEqual([1, 2, 3]);
  // A chain that begins anew: one that leads to the old position must not start there.
  await inProcess.outcome('a.db', model.drop().ltx);
  await inProcess.outcome('a.db', model.commit({ commit: 2 }).ltx);
  expect(chain(before)).toEqual([1, 2, 3]);
  expect(chain(model.pos)).toEqual([5]);
});

it('a chain longer than a page is listed whole', async () => {
  const model = new ModelDatabase({ pageSize: 512, seed: 2 });
  const length = PAYLOADS_PAGE + 5;
  for (let i = 0; i < length; i++) await inProcess.outcome('a.db', model.mutate().ltx);
  expect(chain(model.pos)).toEqual(Array.from({ length }, (_, i) => i + 1));
});

it('no files lead to a position that the stream never had', () => {
  expect(chain({ txid: 7n, checksum: 1n << 63n })).toEqual([]);
});
