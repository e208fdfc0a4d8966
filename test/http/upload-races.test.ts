import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { buildLtx, ModelDatabase } from '../support/ltx-fixtures.ts';
import { chunk, LAST_CHUNK, RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';
import { inWalMode, sqliteImage } from '../support/sqlite-image.ts';

const PAGE = 512;

let server: TestServer;
let client: HttpClient;

beforeEach(async () => {
  server = await TestServer.start();
  client = server.client('raw');
});

afterEach(async () => {
  const known = server.query<{ name: string }>(
    'SELECT spool_name AS name FROM payload WHERE spool_name IS NOT NULL',
  );
  // What an upload that was given up leaves goes when its thread has heard of it.
  await expect.poll(() => server.spool()).toEqual(known.map(({ name }) => name).sort());
  expect(server.limits.bodies.held).toBe(0);
  await server[Symbol.asyncDispose]();
});

/** An upload that has begun: the first half is sent. */
async function begin(
  db: string,
  image: Uint8Array,
): Promise<{ socket: RawSocket; finish(): Promise<unknown> }> {
  const socket = await RawSocket.open(server.port);
  await socket.send(requestHead('POST', `/db/upload?db=${db}`, { 'transfer-encoding': 'chunked' }));
  const half = image.byteLength >> 1;
  await socket.send(chunk(image.subarray(0, half)));
  // The server has seen the header once a permit is taken and the thread has been given something to do.
  await expect.poll(() => server.limits.bodies.held).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    socket,
    async finish() {
      await socket.send(chunk(image.subarray(half)));
      await socket.send(LAST_CHUNK);
      const { status, body } = await socket.answer();
      socket.socket.end();
      return [status, JSON.parse(body)];
    },
  };
}

async function expectContent(db: string, image: Uint8Array): Promise<void> {
  expect(sha256((await client.snapshot(db, 'sqlite')).body)).toBe(sha256(image));
  expect(sha256(decodeSnapshot((await client.snapshot(db)).body).bytes)).toBe(sha256(image));
}

/** A live name with a few transactions. */
async function live(db: string, transactions = 3): Promise<ModelDatabase> {
  const model = new ModelDatabase({ pageSize: PAGE, seed: 4 });
  for (let i = 0; i < transactions; i++) model.mutate({ pagesMax: 8 });
  for (const { ltx } of model.transactions) expect((await client.post(db, ltx)).status).toBe(200);
  return model;
}

/** The next transaction puts a real page 1 into the model: its database is in WAL mode then. */
const toWal = (model: ModelDatabase): Uint8Array =>
  model.commit({ pages: [[1, sqliteImage({ pageSize: PAGE, mode: 'wal', rows: 0 }).subarray(0, PAGE)]] }).ltx;

/** Small: rides in the commit. Large: spooled, and its page checksums are staged. */
const SIZES = [
  ['small', 20],
  ['spooled', 2_000],
  ['staged', 45_000],
] as const;

describe.each(SIZES)('while a %s image comes in', (_size, rows) => {
  const image = sqliteImage({ pageSize: PAGE, rows });

  it('its database may move on', async () => {
    const model = await live('a.db');
    const upload = await begin('a.db', image);
    expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
    expect(await upload.finish()).toEqual([200, { txID: '0000000000000005' }]);
    await expectContent('a.db', image);
  });

  it('its database may appear', async () => {
    const upload = await begin('a.db', image);
    await live('a.db', 2);
    expect(await upload.finish()).toEqual([200, { txID: '0000000000000003' }]);
    await expectContent('a.db', image);
  });

  it('its database may go to WAL mode', async () => {
    const model = await live('a.db');
    const upload = await begin('a.db', image);
    expect((await client.post('a.db', toWal(model))).status).toBe(200);
    expect(await upload.finish()).toEqual([200, { txID: '0000000000000005', journalMode: 'wal' }]);
    await expectContent('a.db', inWalMode(image));
  });

  it('its database may be deleted, so that it need not be in WAL mode any more', async () => {
    const model = await live('a.db');
    expect((await client.post('a.db', toWal(model))).status).toBe(200);
    const upload = await begin('a.db', image);
    expect((await client.send('DELETE', '/db?db=a.db')).status).toBe(200);
    expect(await upload.finish()).toEqual([200, { txID: '0000000000000001' }]);
    await expectContent('a.db', image);
  });

  it('its name may get another page size, and then it is refused', async () => {
    const upload = await begin('a.db', image);
    const other = buildLtx({ pageSize: 1024, minTxid: 1n, commit: 1, pages: [[1, new Uint8Array(1024)]] });
    expect((await client.post('a.db', other)).status).toBe(200);
    expect(await upload.finish()).toMatchObject([422, { code: 'EBADHEADER', error: 'page size mismatch' }]);
  });

  it('its client may vanish', async () => {
    const upload = await begin('a.db', image);
    upload.socket.vanish();
    await expect.poll(() => server.limits.bodies.held).toBe(0);
    await expect.poll(() => server.spool()).toEqual([]);
    await expect.poll(() => server.query("SELECT 1 FROM index_generation WHERE state <> 'live'")).toEqual([]);
    expect(await client.positions()).toEqual({});
  });
});

it('imports of one name at the same time follow each other', async () => {
  const images = [1, 2, 3, 4].map((seed) => sqliteImage({ pageSize: PAGE, rows: 3_000, seed }));
  const answers = await Promise.all(
    images.map((body) => client.send('POST', '/db/upload?db=a.db', { body })),
  );
  const txids = answers.map((answer) => answer.json<{ txID: string }>().txID);
  expect([...txids].sort()).toEqual([1, 2, 3, 4].map((txid) => `000000000000000${txid}`));
  await expectContent('a.db', images[txids.indexOf('0000000000000004')]!);
});

it('what a killed server left of an import is swept at the next start', async () => {
  const upload = await begin('a.db', sqliteImage({ pageSize: PAGE, rows: 8_000 }));
  await expect.poll(() => server.spool()).toEqual([expect.stringMatching(/\.part$/)]);
  upload.socket.vanish();
  await server.restart();
  expect(await server.spool()).toEqual([]);
});
