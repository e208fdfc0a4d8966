import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatChecksum, formatTxid } from '../../src/ltx/index.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('info');
});

afterAll(() => server[Symbol.asyncDispose]());

interface Listed {
  readonly maxTxId: string;
  readonly maxTimestamp: string;
  readonly postApplyChecksum: string;
  readonly deleted?: true;
  readonly local?: true;
}

/** Sends a history of so many transactions, one a second from 2024-01-17 23:00:01 on. */
async function sent(db: string, transactions: number): Promise<ModelDatabase> {
  const model = new ModelDatabase({ pageSize: 512, seed: transactions });
  while (model.transactions.length < transactions) {
    expect((await client.post(db, model.mutate().ltx)).status).toBe(200);
  }
  return model;
}

async function listed(db: string, query = ''): Promise<Listed[]> {
  const answer = await client.send('GET', `/db/info?db=${db}${query}`);
  expect(answer.status, answer.body.toString()).toBe(200);
  return answer.json<{ restorablePaths: Listed[] }>().restorablePaths;
}

const txids = async (db: string, query: string): Promise<number[]> =>
  (await listed(db, query)).map(({ maxTxId }) => Number(`0x${maxTxId}`));

/** Puts a file of level 1 or above into the catalogue, as the compactor's events do. */
function store(db: string, level: number, min: number, max: number, model: ModelDatabase): void {
  const { before, pos } = model.transactions[max - 1]!;
  const first = model.transactions[min - 1]!;
  expect(before.txid).toBe(BigInt(max - 1));
  server.damage(
    `INSERT INTO stored_file VALUES ('info', ?, 1, 'test', ?, ?, ?, 512, ?, ?, ?, ?, ?, 100, ?)`,
    db,
    level,
    formatTxid(BigInt(min)),
    formatTxid(pos.txid),
    model.commitPages,
    min === 1 ? '0'.repeat(16) : formatChecksum(first.before.checksum),
    formatChecksum(pos.checksum),
    Number(model.transactions[max - 1]!.timestampMs),
    Number(model.transactions[max - 1]!.timestampMs),
    'ab'.repeat(32),
  );
}

describe('GET /db/info', () => {
  it('answers as the protocol has it: the first and the last point', async () => {
    const model = await sent('ends.db', 4);
    const [first, last] = [model.transactions[0]!, model.transactions[3]!];
    const answer = await client.send('GET', '/db/info?db=ends.db');
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.body.toString()).toBe(`{
  "name": "ends.db",
  "restorablePaths": [
    {
      "maxTxId": "0000000000000001",
      "maxTimestamp": "2024-01-17T23:00:01.000Z",
      "postApplyChecksum": "${formatChecksum(first.pos.checksum)}",
      "local": true
    },
    {
      "maxTxId": "0000000000000004",
      "maxTimestamp": "2024-01-17T23:00:04.000Z",
      "postApplyChecksum": "${formatChecksum(last.pos.checksum)}",
      "local": true
    }
  ]
}`);
  });

  it('14: names a single point once', async () => {
    await sent('single.db', 1);
    expect(await txids('single.db', '')).toEqual([1]);
    expect(await txids('single.db', '&level=0')).toEqual([1]);
  });

  it('lists the points of level 0 on request, and marks those at which the database was dropped', async () => {
    const model = await sent('list.db', 3);
    await client.post('list.db', model.drop().ltx);
    await client.post('list.db', model.commit({ commit: 2 }).ltx);
    const all = await listed('list.db', '&all&level=0');
    expect(all.map(({ maxTxId }) => maxTxId)).toEqual([1n, 2n, 3n, 4n, 5n].map(formatTxid));
    expect(all.map(({ deleted }) => deleted ?? false)).toEqual([false, false, false, true, false]);
    expect(all.every(({ local }) => local === true)).toBe(true);
    expect((await client.send('GET', '/db/info?db=list.db&all=')).body.toString()).toBe(
      '{\n  "name": "list.db",\n  "restorablePaths": []\n}',
    );
  });

  it('lists a range of times, both ends included, and no more than asked for', async () => {
    await sent('range.db', 9);
    const at = (second: number): string => `2024-01-17T23:00:0${second}Z`;
    expect(await txids('range.db', `&level=0&from=${at(3)}`)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(await txids('range.db', `&level=0&to=${at(3)}`)).toEqual([1, 2, 3]);
    expect(await txids('range.db', `&level=0&from=${at(3)}&to=${at(6)}`)).toEqual([3, 4, 5, 6]);
    expect(await txids('range.db', `&level=0&from=${at(3)}&to=${at(6)}&limit=2`)).toEqual([3, 4]);
    expect(await txids('range.db', '&level=0&limit=1')).toEqual([1]);
    expect(await txids('range.db', '&level=0&from=2030-01-01T00:00:00Z')).toEqual([]);
  });

  it('lists what outlives the disk where there is any, and level 0 beside it on request', async () => {
    const model = await sent('stored.db', 9);
    store('stored.db', 1, 1, 3, model);
    store('stored.db', 1, 4, 6, model);
    store('stored.db', 2, 1, 6, model);
    expect(await txids('stored.db', '')).toEqual([3, 6]);
    expect(await txids('stored.db', '&all')).toEqual([3, 6]);
    expect((await listed('stored.db', '&all')).some(({ local }) => local === true)).toBe(false);
    expect(await txids('stored.db', '&level=0')).toEqual([1, 9]);
    const all = await listed('stored.db', '&all&level=0');
    expect(all.map(({ maxTxId }) => Number(maxTxId))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(all.flatMap(({ maxTxId, local }) => (local === true ? [] : [Number(maxTxId)]))).toEqual([3, 6]);
  });

  it('goes on from what is stored where level 0 has lost its beginning', async () => {
    const model = await sent('cut.db', 9);
    server.damage("DELETE FROM payload WHERE stream = 'db/info/cut.db/1' AND max_txid <= ?", formatTxid(4n));
    expect(await txids('cut.db', '&all&level=0')).toEqual([]);
    store('cut.db', 1, 1, 3, model);
    expect(await txids('cut.db', '&all&level=0')).toEqual([3]);
    store('cut.db', 1, 4, 4, model);
    expect(await txids('cut.db', '&all&level=0')).toEqual([3, 4, 5, 6, 7, 8, 9]);
    const refused = await client.send('GET', '/db/restore/check?db=cut.db&txid=0000000000000002');
    expect([refused.status, refused.json()]).toMatchObject([
      404,
      { code: 'ENOTXID', nearest: { before: null, after: { txID: '0000000000000003' } } },
    ]);
  });

  it('lists thousands, read on while they are sent', async () => {
    const model = await sent('long.db', 1);
    const { pos } = model;
    const stream = 'db/info/long.db/1';
    server.damage(
      `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
       INSERT INTO payload SELECT p.seq + 1000000 + n.i, p.stream, printf('%016x', n.i), printf('%016x', n.i),
         ${server
           .query<{ name: string }>("SELECT name FROM pragma_table_info('payload') LIMIT -1 OFFSET 4")
           .map(({ name }) => columnOf(name))
           .join(', ')}
       FROM payload p, n WHERE p.stream = ?`,
      stream,
    );
    const all = await listed('long.db', '&all&level=0');
    expect(all.length).toBe(5_000);
    expect(all.at(-1)).toMatchObject({
      maxTxId: formatTxid(5_000n),
      postApplyChecksum: formatChecksum(pos.checksum),
    });
    expect(await txids('long.db', '&level=0&from=2024-01-18T00:00:00Z&limit=2')).toEqual([3600, 3601]);
    expect(await txids('long.db', '')).toEqual([1, 5_000]);
  });

  it.each([
    ['/db/info?db=nobody.db', 404, 'ENODB', 'database not found'],
    ['/db/info?db=nobody.db&all', 404, 'ENODB', 'database not found'],
    ['/db/info?db=a/b', 400, 'EBADDB', 'invalid database name: "a/b"'],
    ['/db/info', 400, 'EBADDB', 'database required'],
    ['/db/info?db=ends.db&level=1', 400, 'EBADINPUT', 'invalid level'],
    ['/db/info?db=ends.db&limit=0', 400, 'EBADINPUT', 'invalid limit'],
    ['/db/info?db=ends.db&limit=-1', 400, 'EBADINPUT', 'invalid limit'],
    ['/db/info?db=ends.db&limit=1e3', 400, 'EBADINPUT', 'invalid limit'],
    ['/db/info?db=ends.db&from=yesterday', 400, 'EBADINPUT', 'invalid from'],
    ['/db/info?db=ends.db&to=2026-02-30T00:00:00Z', 400, 'EBADINPUT', 'invalid to'],
  ])('answers %s with %i %s: %s', async (path, status, code, error) => {
    const answer = await client.send('GET', path);
    expect([answer.status, answer.json()]).toMatchObject([status, { code, error }]);
  });

  it('knows nothing of a database that was deleted', async () => {
    await sent('gone.db', 2);
    expect((await client.send('DELETE', '/db?db=gone.db')).status).toBe(200);
    expect((await client.send('GET', '/db/info?db=gone.db')).json()['code']).toBe('ENODB');
    await sent('gone.db', 1);
    expect(await txids('gone.db', '&all&level=0')).toEqual([1]);
  });
});

/** A row made up: another transaction like the first, an hour of them a second apart. */
function columnOf(name: string): string {
  if (name === 'effective_time') return 'p.effective_time + (n.i - 1) * 1000';
  return ['begins', 'spool_name'].includes(name) ? (name === 'begins' ? '0' : 'NULL') : `p.${name}`;
}
