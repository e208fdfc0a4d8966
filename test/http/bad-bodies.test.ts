import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { eventually, openFiles, settledFiles } from '../support/process-state.ts';
import { chunk, LAST_CHUNK, type RawAnswer, RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';

/** Limits that a test can wait for. */
const BODY_LIMITS = { silenceMsMax: 300, rateGraceMs: 600, rateMin: 1_024 };
const INGEST_BYTES_MAX = 256 * 1024;

/** More than the kernel takes in while nobody reads: the sender must be read from to get its answer. */
const LARGE_BODY_BYTES = 16 * 1024 * 1024;

let server: TestServer;
let client: HttpClient;
let model: ModelDatabase;
let filesOpen: string[];

beforeAll(async () => {
  server = await TestServer.start({
    config: { ingestBytesMax: INGEST_BYTES_MAX },
    limits: { body: BODY_LIMITS },
  });
  client = server.client('bodies');
  model = new ModelDatabase({ pageSize: 512, seed: 1 });
  expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
  filesOpen = await settledFiles(server.dataPath);
});

afterAll(() => server[Symbol.asyncDispose]());

/** Nothing is left of what was refused, and the next transaction is taken as ever. */
afterEach(async () => {
  await eventually('no body in flight', () => server.limits.bodies.held === 0);
  expect(await server.spool()).toEqual([]);
  expect((await client.positions())['a.db']).toBe(formatPos(model.pos));
  expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
  expect(openFiles(server.dataPath)).toEqual(filesOpen);
});

const head = (headers: Record<string, string>, path = '/db/tx?db=a.db'): string =>
  requestHead('POST', path, { authorization: 'cluster bodies', ...headers });
const CHUNKED = { 'transfer-encoding': 'chunked' };

/** A file that is never taken. */
const aFile = (): Uint8Array => new ModelDatabase({ pageSize: 512, seed: 7 }).commit({ commit: 20 }).ltx;

const codeOf = (body: string): unknown => (JSON.parse(body) as { code?: unknown }).code;

describe('a body that breaks off', () => {
  it.each([
    ['in a chunk', (ltx: Uint8Array) => chunk(ltx).subarray(0, 60)],
    ['between chunks', (ltx: Uint8Array) => chunk(ltx.subarray(0, 80))],
    ['before the last chunk', (ltx: Uint8Array) => chunk(ltx)],
    ['before its first byte', () => Buffer.alloc(0)],
  ])('%s leaves nothing', async (_, cut) => {
    for (const end of ['vanish', 'close'] as const) {
      const socket = await RawSocket.open(server.port);
      await socket.send(head(CHUNKED));
      await socket.send(cut(aFile()));
      await eventually('the body in flight', () => server.limits.bodies.held === 1);
      if (end === 'vanish') socket.vanish();
      else socket.socket.end();
      await eventually('no body in flight', () => server.limits.bodies.held === 0);
      socket.vanish();
    }
  });

  it('and says more than it sends is answered 400 where the client still listens', async () => {
    const socket = await RawSocket.open(server.port);
    const ltx = aFile();
    await socket.send(head({ 'content-length': String(ltx.byteLength + 100) }));
    await socket.send(ltx);
    socket.socket.end();
    const { status, body } = await socket.answer();
    expect(status).toBe(400);
    expect(codeOf(body)).toEqual(expect.any(String));
  });

  it('but is chunked to its end is a file that breaks off', async () => {
    const { ltx } = new ModelDatabase({ pageSize: 512, seed: 1 }).mutate();
    const answer = await client.post('cut.db', ltx.subarray(0, ltx.byteLength - 9));
    expect([answer.status, answer.json()['code']]).toEqual([400, 'EBADLTX']);
  });
});

describe('a client that is slow', () => {
  it('and silent is told so after a while', async () => {
    const socket = await RawSocket.open(server.port);
    await socket.send(head(CHUNKED));
    await socket.send(chunk(aFile().subarray(0, 150)));
    const { status, body, head: answer } = await socket.answer();
    expect([status, codeOf(body)]).toEqual([408, 'ETIMEOUT']);
    expect(answer).toMatch(/connection: close/i);
    socket.vanish();
  });

  it('and sends a byte now and then is told so as well', async () => {
    const socket = await RawSocket.open(server.port);
    await socket.send(head(CHUNKED));
    const ltx = aFile();
    let at = 0;
    const trickle = setInterval(() => {
      if (!socket.closed) void socket.send(chunk(ltx.subarray(at, ++at)));
    }, 20);
    const { status, body } = await socket.answer();
    clearInterval(trickle);
    expect([status, codeOf(body)]).toEqual([408, 'ETIMEOUT']);
    socket.vanish();
  });
});

/** A client that sends everything before it listens, as many do. */
async function sendAllThenListen(requestText: string, size: number): Promise<RawAnswer> {
  const socket = await RawSocket.open(server.port);
  await socket.send(requestText);
  const block = Buffer.alloc(64 * 1024, 1);
  for (let sent = 0; sent < size; sent += block.byteLength) await socket.send(chunk(block));
  expect(socket.closed).toBe(false);
  await socket.send(LAST_CHUNK);
  const answer = await socket.answer();
  socket.vanish();
  return answer;
}

describe('a large body that is refused', () => {
  it.each([
    ['a file larger than the server takes', head(CHUNKED), [413, 'ETOOLARGE', 400, 'EBADLTX']],
    ['no credentials', head({ ...CHUNKED, authorization: 'nothing' }), [401, 'EINVALIDAUTH']],
    ['no name', head(CHUNKED, '/db/tx'), [400, 'EBADDB']],
    ['no route', head(CHUNKED, '/db/tax'), [404, 'ENOROUTE']],
    ['another method', head(CHUNKED, '/db/snapshot?db=a.db'), [405, 'EBADMETHOD']],
  ])('is read on, so that its sender hears of it: %s', async (_, text, expected) => {
    for (let i = 0; i < 5; i++) {
      const { status, body } = await sendAllThenListen(text, LARGE_BODY_BYTES);
      expect(expected).toContain(status);
      expect(expected).toContain(codeOf(body));
    }
  });

  it('larger than the server takes is 413 however it is announced', async () => {
    const big = new ModelDatabase({ pageSize: 65_536, compress: false }).commit({ commit: 6 }).ltx;
    const chunked = await client.post('big.db', big);
    expect([chunked.status, chunked.json()['code']]).toEqual([413, 'ETOOLARGE']);
    const announced = await client.send('POST', '/db/tx?db=big.db', {
      headers: { 'content-length': String(big.byteLength) },
      body: big,
    });
    expect([announced.status, announced.json()['code']]).toEqual([413, 'ETOOLARGE']);
  });
});

describe('a body that is something else', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('SQLite format 3\0 but not really')],
    ['gzip', gzipSync(aFile())],
  ])('%s is no LTX file', async (_, body) => {
    const answer = await client.send('POST', '/db/tx?db=a.db', {
      headers: {
        'content-encoding': 'gzip',
        'content-type': 'application/x-www-form-urlencoded; charset=what',
      },
      body,
    });
    expect([answer.status, answer.json()['code']]).toEqual([400, 'EBADLTX']);
  });

  it('is taken for what it is, whatever its type is called', async () => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data', '///', 'LTX']) {
      const answer = await client.send('POST', '/db/tx?db=a.db', {
        headers: { 'content-type': type },
        body: model.mutate().ltx,
      });
      expect(answer.status, `${type}: ${answer.body}`).toBe(200);
    }
  });

  it('with `Expect: 100-continue` is waited for', async () => {
    const socket = await RawSocket.open(server.port);
    const { ltx } = model.mutate();
    await socket.send(head({ expect: '100-continue', 'content-length': String(ltx.byteLength) }));
    expect((await socket.answer()).status).toBe(100);
    await socket.send(ltx);
    expect((await socket.answer()).status).toBe(200);
    socket.vanish();
  });

  it('on a GET is passed over', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    const answer = await client.send('GET', '/pos', { headers, body: Buffer.alloc(100_000) });
    expect(answer.status).toBe(200);
  });
});
