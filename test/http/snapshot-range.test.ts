import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatChecksum, formatTxid } from '../../src/ltx/index.ts';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';

const PAGE_SIZE = 4096;
const PAGES = 200;
const SIZE = PAGES * PAGE_SIZE;

let server: TestServer;
let client: HttpClient;
let model: ModelDatabase;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('range');
  model = new ModelDatabase({ pageSize: PAGE_SIZE, seed: 7 });
  model.commit({ commit: PAGES });
  model.commit({ pages: [[3, new Uint8Array(PAGE_SIZE).fill(5)]] });
  for (const { ltx } of model.transactions) expect((await client.post('a.db', ltx)).status).toBe(200);
});

afterAll(() => server[Symbol.asyncDispose]());

const get = (query: string, headers: Record<string, string> = {}): Promise<Answer> =>
  client.send('GET', `/db/snapshot?${query}`, { headers });

/** The name that the server gives to what it sends. */
const tagOf = async (query: string): Promise<string> => (await get(query)).headers.etag ?? '';

const A = 'db=a.db&format=sqlite';

describe('a SQLite file of one point has a name', () => {
  it('which has its position, and is the same whenever it is sent', async () => {
    const first = await get(A);
    expect(first.headers['accept-ranges']).toBe('bytes');
    const { txid, checksum } = model.pos;
    expect(first.headers.etag).toMatch(
      new RegExp(`^"${formatTxid(txid)}-${formatChecksum(checksum)}-\\d+"$`),
    );
    expect(await tagOf(`${A}&txid=${formatTxid(txid)}`)).toBe(first.headers.etag);
    await server.restart();
    expect(await tagOf(A)).toBe(first.headers.etag);
  });

  it('that no other point has, nor the same one of a database that was deleted', async () => {
    const again = new ModelDatabase({ pageSize: 512, seed: 8 });
    again.commit({ commit: 4 });
    const tags = new Set<string>();
    for (let turn = 0; turn < 2; turn++) {
      expect((await client.post('again.db', again.transactions[0]!.ltx)).status).toBe(200);
      tags.add(await tagOf('db=again.db&format=sqlite'));
      expect((await client.send('DELETE', '/db?db=again.db')).status).toBe(200);
    }
    tags.add(await tagOf(`${A}&txid=0000000000000001`));
    tags.add(await tagOf(A));
    expect(tags.size).toBe(4);
  });

  it('an LTX file has none, and is always sent whole', async () => {
    const whole = await get('db=a.db');
    const asked = await get('db=a.db', { range: 'bytes=100-', 'if-range': await tagOf(A) });
    for (const { status, headers, body } of [whole, asked]) {
      expect(status).toBe(200);
      expect(Object.keys(headers).filter((name) => /range|etag/.test(name))).toEqual([]);
      expect(body.equals(whole.body)).toBe(true);
    }
  });
});

describe('what broke off goes on', () => {
  it.each([0, 1, 4096, 262_143, 262_144, 262_145, SIZE - PAGE_SIZE - 1, SIZE - 1])(
    'from byte %i',
    async (from) => {
      const { status, headers, body } = await get(A, { range: `bytes=${from}-`, 'if-range': await tagOf(A) });
      expect([status, headers['content-range']]).toEqual([206, `bytes ${from}-${SIZE - 1}/${SIZE}`]);
      expect(headers['content-length']).toBe(String(SIZE - from));
      expect(body.equals(model.bytes().subarray(from))).toBe(true);
    },
  );

  it('also of a point that is not the newest any more', async () => {
    const query = `${A}&txid=0000000000000001`;
    const { body: whole } = await get(query);
    const rest = await get(query, { range: 'bytes=5000-', 'if-range': await tagOf(query) });
    expect([rest.status, rest.body.equals(whole.subarray(5000))]).toEqual([206, true]);
  });

  it.each([SIZE, SIZE + 1, '9'.repeat(15)])('but not from byte %s, which it does not have', async (from) => {
    const answer = await get(A, { range: `bytes=${from}-`, 'if-range': await tagOf(A) });
    expect([answer.status, answer.headers['content-range']]).toEqual([416, `bytes */${SIZE}`]);
    expect(answer.json()).toMatchObject({ code: 'ERANGE' });
  });
});

describe('the whole file is sent', () => {
  const PART = { range: 'bytes=5000-' };

  it('when the point is another by now', async () => {
    const old = await tagOf(`${A}&txid=0000000000000001`);
    const { status, headers, body } = await get(A, { ...PART, 'if-range': old });
    expect([status, headers['content-range'], headers.etag]).toEqual([200, undefined, await tagOf(A)]);
    expect(body.length).toBe(SIZE);
  });

  it('when nobody says of what a part is wanted', async () => {
    const { status, body } = await get(A, PART);
    expect([status, body.length]).toEqual([200, SIZE]);
  });

  it.each([
    'bytes=1-2',
    'bytes=-5',
    'bytes=1-,5-',
    'bytes=',
    'bytes=x-',
    'lines=1-',
    'bytes=0x10-',
    `bytes=${'9'.repeat(16)}-`,
  ])('when the range is %j', async (range) => {
    const { status, body } = await get(A, { range, 'if-range': await tagOf(A) });
    expect([status, body.length]).toEqual([200, SIZE]);
  });

  it('when the name is weak, a date, or nonsense', async () => {
    for (const name of [`W/${await tagOf(A)}`, 'Tue, 01 Dec 2026 00:00:00 GMT', '"', '*']) {
      const { status, body } = await get(A, { ...PART, 'if-range': name });
      expect([status, body.length]).toEqual([200, SIZE]);
    }
  });
});

it('a part of what is damaged is refused, also where the damage lies before it', async () => {
  const headers = { range: `bytes=${SIZE - 10}-`, 'if-range': await tagOf(A) };
  expect((await get(A, headers)).status).toBe(206);
  server.damage('DELETE FROM payload_bytes');
  const answer = await get(A, headers);
  expect([answer.status, answer.json()['code']]).toEqual([500, 'ECORRUPT']);
});
