import { afterEach, expect, it } from 'vitest';
import { sha256 } from '../support/databases.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { chunk, RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer, type TestServerOptions } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';

let server: TestServer;

afterEach(async () => {
  await expect.poll(() => server.spool()).toEqual([]);
  await server[Symbol.asyncDispose]();
});

async function start(options?: TestServerOptions) {
  server = await TestServer.start(options);
  return server.client('raw');
}

it('a client that stalls is told so', async () => {
  await start({ limits: { body: { silenceMsMax: 200, rateGraceMs: 60_000, rateMin: 1 } } });
  const socket = await RawSocket.open(server.port);
  await socket.send(requestHead('POST', '/db/upload?db=a.db', { 'transfer-encoding': 'chunked' }));
  await socket.send(chunk(sqliteImage({ rows: 3_000 }).subarray(0, 500_000)));
  await socket.until((text) => text.includes('ETIMEOUT'));
  socket.vanish();
  await expect.poll(() => server.limits.bodies.held).toBe(0);
});

it('a file that is larger than the server takes is refused', async () => {
  const client = await start({ config: { ingestBytesMax: 100_000 } });
  const answer = await client.send('POST', '/db/upload?db=a.db', { body: sqliteImage({ rows: 700 }) });
  expect([answer.status, answer.json()['code']]).toEqual([413, 'ETOOLARGE']);
  expect(await client.positions()).toEqual({});
});

it('a file with a good page count ends where that says: what follows is not read for ever', async () => {
  const client = await start();
  const body = Buffer.concat([sqliteImage(), Buffer.alloc(80 * 1024 * 1024)]);
  const answer = await client.send('POST', '/db/upload?db=a.db', { body }).catch((error: Error) => error);
  // The server stops reading: the client hears why, or of a connection that ended.
  if (!(answer instanceof Error)) expect(answer.json()['code']).toBe('EBADDATABASE');
  expect(await client.positions()).toEqual({});
});

it('another page size than the name has is refused at the header, also after a deletion', async () => {
  const client = await start();
  const model = new ModelDatabase({ pageSize: 512, seed: 1 });
  expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
  const cut = sqliteImage().subarray(0, 3_000);
  for (const state of ['live', 'deleted']) {
    const answer = await client.send('POST', '/db/upload?db=a.db', { body: cut });
    expect([answer.status, answer.json()], state).toMatchObject([
      422,
      { code: 'EBADHEADER', error: 'page size mismatch', hint: expect.stringContaining('512') },
    ]);
    await client.send('DELETE', '/db?db=a.db');
  }
  const image = sqliteImage({ pageSize: 512, rows: 5 });
  expect((await client.send('POST', '/db/upload?db=a.db', { body: image })).json()).toEqual({
    txID: '0000000000000001',
  });
});

it.each(['rollback', 'wal'] as const)('check=quick takes a sound image in %s mode as it is', async (mode) => {
  const client = await start();
  const image = sqliteImage({ mode, rows: 30 });
  const answer = await client.send('POST', '/db/upload?db=a.db&check=quick', { body: image });
  expect(answer.json()).toEqual({ txID: '0000000000000001' });
  expect(sha256((await client.snapshot('a.db', 'sqlite')).body)).toBe(sha256(image));
});

it('a file that an old SQLite wrote last does not know its size, and is taken', async () => {
  const client = await start();
  const image = Buffer.from(sqliteImage());
  image.writeUInt32BE(image.readUInt32BE(24) + 1, 24);
  const answer = await client.send('POST', '/db/upload?db=a.db&check=quick', { body: image });
  expect(answer.json()).toEqual({ txID: '0000000000000001' });
  expect(sha256((await client.snapshot('a.db', 'sqlite')).body)).toBe(sha256(image));
});
