import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('snap');
});

afterAll(() => server[Symbol.asyncDispose]());

/** Sends a model's transactions, all of which must be taken. */
async function sendAll(db: string, model: ModelDatabase): Promise<void> {
  for (const { ltx } of model.transactions) expect((await client.post(db, ltx)).status).toBe(200);
}

/** Both formats give exactly the model's database. */
async function expectContent(db: string, model: ModelDatabase): Promise<void> {
  const [sqlite, ltx] = [await client.snapshot(db, 'sqlite'), await client.snapshot(db)];
  expect(sqlite.status).toBe(200);
  expect(sha256(sqlite.body)).toBe(sha256(model.bytes()));
  const decoded = decodeSnapshot(ltx.body);
  expect(sha256(decoded.bytes)).toBe(sha256(model.bytes()));
  expect(formatPos({ txid: decoded.header.maxTxid, checksum: decoded.postApplyChecksum })).toBe(
    formatPos(model.pos),
  );
}

describe('GET /db/snapshot', () => {
  it('names the length of a SQLite file and of a stored snapshot', async () => {
    const model = new ModelDatabase({ pageSize: 1024, seed: 1 });
    model.commit({ commit: 9 });
    await sendAll('one.db', model);
    const sqlite = await client.snapshot('one.db', 'sqlite');
    expect(sqlite.headers['content-length']).toBe(String(9 * 1024));
    expect(sqlite.headers['content-type']).toBe('application/octet-stream');
    const ltx = await client.snapshot('one.db');
    expect(ltx.headers['content-length']).toBe(String(ltx.body.byteLength));
    expect(sha256(ltx.body)).toBe(sha256(model.transactions[0]!.ltx));
    await expectContent('one.db', model);
  });

  it('is whole for a client that leaves with the last byte, as one does that knows how many there are', async () => {
    const model = new ModelDatabase({ pageSize: 512, seed: 6 });
    model.commit({ commit: 3 });
    await sendAll('left.db', model);
    for (let i = 0; i < 60; i++) {
      const { socket } = await RawSocket.open(server.port);
      let missing = 3 * 512;
      socket.on('data', (bytes) => {
        const body = bytes.indexOf('\r\n\r\n');
        missing -= missing === 3 * 512 && body >= 0 ? bytes.length - body - 4 : bytes.length;
        if (missing === 0) socket.destroy();
      });
      socket.write(
        requestHead('GET', '/db/snapshot?db=left.db&format=sqlite', { authorization: 'cluster snap' }),
      );
      await once(socket, 'close');
      expect(missing).toBe(0);
    }
    expect(server.complaints).toEqual([]);
  });

  it('answers a dropped database with the fact of it', async () => {
    const model = new ModelDatabase({ pageSize: 512, seed: 2 });
    model.commit({ commit: 3 });
    model.drop();
    await sendAll('dropped.db', model);
    const { header, postApplyChecksum } = decodeSnapshot((await client.snapshot('dropped.db')).body);
    expect({ ...header, postApplyChecksum }).toMatchObject({
      commit: 0,
      maxTxid: 2n,
      pageSize: 512,
      postApplyChecksum: 0x8000000000000000n,
    });
    const sqlite = await client.snapshot('dropped.db', 'sqlite');
    expect([sqlite.status, sqlite.json()['code']]).toEqual([404, 'ENODB']);
  });

  it('goes on after a re-creation with another page size', async () => {
    const model = new ModelDatabase({ pageSize: 512, seed: 3 });
    model.commit({ commit: 5 });
    model.drop();
    model.commit({ commit: 4, pageSize: 2048 });
    model.mutate();
    await sendAll('again.db', model);
    await expectContent('again.db', model);
  });

  it.each([
    ['/db/snapshot?db=nobody.db', 404, 'ENODB'],
    ['/db/snapshot?db=nobody.db&format=sqlite', 404, 'ENODB'],
    ['/db/snapshot?db=nobody.db&format=zip', 400, 'EBADFORMAT'],
    ['/db/snapshot', 400, 'EBADDB'],
  ])('answers %s with %i %s', async (path, status, code) => {
    const answer = await client.send('GET', path);
    expect([answer.status, answer.json()['code']]).toEqual([status, code]);
  });

  it('shows one cluster nothing of another', async () => {
    const answer = await server.client('other').snapshot('one.db');
    expect([answer.status, answer.json()['code']]).toEqual([404, 'ENODB']);
  });

  it.each([
    ['16, the most that one merge reads', 16],
    ['17, one more', 17],
    ['257, more than two passes take', 257],
  ])('merges chains of %s', async (name, files) => {
    const model = new ModelDatabase({ pageSize: 512, seed: files });
    while (model.transactions.length < files) model.mutate();
    await sendAll(`chain-${files}.db`, model);
    await expectContent(`chain-${files}.db`, model);
    expect(name).toContain(String(files));
  });

  it('collects no listeners on a connection that is used again and again', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): unknown => warnings.push(warning.message);
    process.on('warning', note);
    try {
      const single = server.client('snap', 1);
      for (let i = 0; i < 15; i++) expect((await single.snapshot('one.db')).status).toBe(200);
      expect(warnings).toEqual([]);
    } finally {
      process.off('warning', note);
    }
  });
});
