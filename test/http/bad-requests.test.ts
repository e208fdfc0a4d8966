import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { eventually, heapInUse, openFiles, openSockets, settledFiles } from '../support/process-state.ts';
import { RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';
import { refused } from './refused.ts';

/** What the heap may grow by over a few thousand bad requests, after a collection. */
const HEAP_GROWTH_BYTES_MAX = 24 * 1024 * 1024;

let server: TestServer;
let client: HttpClient;
let model: ModelDatabase;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('requests');
  model = new ModelDatabase({ pageSize: 512, seed: 1 });
  expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
});

afterAll(() => server[Symbol.asyncDispose]());

describe('routes and methods', () => {
  it.each([
    ['GET', '/', [404, 'ENOROUTE']],
    ['GET', '/pos/', [404, 'ENOROUTE']],
    ['GET', '/POS', [404, 'ENOROUTE']],
    ['GET', '/db/tx/../pos', [404, 'ENOROUTE']],
    ['GET', '//pos', [404, 'ENOROUTE']],
    ['GET', '/%70os%', [400, 'EBADINPUT']],
    ['GET', '/db%2fsnapshot?db=a.db', [404, 'ENOROUTE']],
    ['GET', `/${'a'.repeat(4_000)}`, [404, 'ENOROUTE']],
    ['PUT', '/pos', [405, 'EBADMETHOD']],
    ['PATCH', '/db/tx?db=a.db', [405, 'EBADMETHOD']],
    ['OPTIONS', '/pos', [405, 'EBADMETHOD']],
  ])('%s %s', async (method, path, expected) => {
    expect(await refused(client, method, path)).toEqual(expected);
  });

  it.each([
    ['POST', '/pos', 'GET'],
    ['GET', '/db/tx?db=a.db', 'POST'],
    ['DELETE', '/db/snapshot?db=a.db', 'GET'],
    ['POST', '/healthz', 'GET'],
  ])('%s %s names what is allowed', async (method, path, allowed) => {
    const answer = await client.send(method, path);
    expect([answer.status, answer.headers.allow]).toEqual([405, allowed]);
  });

  it('HEAD has no body', async () => {
    const answer = await client.send('HEAD', '/pos');
    expect([answer.status, answer.body.byteLength]).toEqual([405, 0]);
  });
});

describe('what is hardly HTTP', () => {
  it.each([
    ['noise', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['no version', 'GET /pos\r\n\r\n'],
    ['a bad method', 'G\x00T /pos HTTP/1.1\r\n\r\n'],
    ['a header without a colon', 'GET /pos HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n'],
    [
      'two lengths',
      'POST /db/tx?db=a.db HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde',
    ],
    [
      'a length and chunks',
      'POST /db/tx?db=a.db HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a length below zero', 'POST /db/tx?db=a.db HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n'],
    ['no host', 'GET /pos HTTP/1.1\r\n\r\n'],
  ])('%s is refused, or not answered at all', async (_, text) => {
    const socket = await RawSocket.open(server.port);
    await socket.send(Buffer.from(text, 'latin1'));
    socket.socket.end();
    await socket.until(() => false);
    expect(socket.text).toMatch(/^(HTTP\/1\.1 40[01] |$)/);
    socket.vanish();
  });

  it('a chunk size that is none ends the body', async () => {
    const socket = await RawSocket.open(server.port);
    await socket.send(requestHead('POST', '/db/tx?db=a.db', { 'transfer-encoding': 'chunked' }));
    await socket.send('zz\r\nabc\r\n');
    await socket.until((text) => text !== '');
    expect(socket.text).toMatch(/^(HTTP\/1\.1 400 |$)/);
    socket.vanish();
  });

  it.each([
    ['one of 20 KiB', { 'x-long': 'a'.repeat(20 * 1024) }],
    [
      'three thousand of them',
      Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`x-${i}`, 'aaaaaa'])),
    ],
  ])('headers beyond all measure are refused: %s', async (_, headers) => {
    const socket = await RawSocket.open(server.port);
    await socket.send(requestHead('GET', '/pos', headers));
    await socket.until((text) => text !== '');
    expect(socket.text).toMatch(/^HTTP\/1\.1 4\d\d /);
    socket.vanish();
  });

  it('an odd Litefs-Cluster-Id is not recorded', async () => {
    for (const id of ['x', 'LFSC00', `LFSC${'0'.repeat(16)}x`, 'lfsc0000000000000000']) {
      const { ltx } = model.mutate();
      const answer = await client.send('POST', '/db/tx?db=a.db', {
        headers: { 'litefs-cluster-id': id },
        body: ltx,
      });
      expect(answer.status).toBe(200);
    }
    expect(server.query("SELECT 1 FROM event WHERE type = 'primary.changed'")).toEqual([]);
  });
});

it('after thousands of those the server is as it was', async () => {
  const burst = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          client.send('POST', `/db/tx?db=../${i + n}`, { body: Buffer.alloc(500) }),
        ),
      );
      const socket = await RawSocket.open(server.port);
      await socket.send('nonsense\r\n\r\n');
      socket.vanish();
    }
  };
  await burst(500);
  const files = await settledFiles(server.dataPath);
  const before = { heap: heapInUse(), files, sockets: openSockets() };
  await burst(2_000);
  expect(heapInUse() - before.heap).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
  expect(openFiles(server.dataPath)).toEqual(before.files);
  await eventually('no more sockets than before', () => openSockets() <= before.sockets);
  expect(server.limits.bodies.held).toBe(0);
  expect(await server.spool()).toEqual([]);
  expect((await client.positions())['a.db']).toBe(formatPos(model.pos));
  expect(server.logs.filter(({ level }) => level === 'error')).toEqual([]);
});
