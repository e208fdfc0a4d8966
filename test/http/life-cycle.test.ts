import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import { sha256 } from '../support/databases.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { eventually } from '../support/process-state.ts';
import { chunk, LAST_CHUNK, RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';

let root: string;
const servers: TestServer[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lfsb-test-'));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function start(
  dataPath: string,
  options: Parameters<typeof TestServer.start>[0] = {},
): Promise<TestServer> {
  const server = await TestServer.start({ dataPath, ...options });
  servers.push(server);
  return server;
}

describe('starting', () => {
  it('a second server on the same directory is refused, and the first one goes on', async () => {
    const first = await start(join(root, 'data'));
    await expect(TestServer.start({ dataPath: join(root, 'data') })).rejects.toMatchObject({
      code: 'EDATADIR',
      message: expect.stringContaining('another lfsb is using it'),
    });
    expect((await first.client().send('GET', '/readyz')).status).toBe(200);
    await first.stop();
    await start(join(root, 'data'));
  });

  it('a port in use is refused, and nothing is kept locked', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const config = { bind: { host: '127.0.0.1', port } };
    await expect(TestServer.start({ dataPath: join(root, 'data'), config })).rejects.toMatchObject({
      code: 'EBIND',
      message: expect.stringContaining(String(port)),
      hint: expect.stringContaining('LFSB_BIND'),
    });
    await closed(other);
    await start(join(root, 'data'), { config });
  });

  it.each([
    ['a regular file', 'file'],
    ['below a regular file', 'file/data'],
    ['one whose spool is a file', 'broken'],
  ])('a data directory that is %s is refused', async (_, name) => {
    await writeFile(join(root, 'file'), '');
    await mkdir(join(root, 'broken'));
    await writeFile(join(root, 'broken', 'spool'), '');
    await expect(TestServer.start({ dataPath: join(root, name) })).rejects.toMatchObject({
      code: 'EDATADIR',
      message: expect.stringContaining(join(root, name)),
    });
  });

  it('a path is taken with and without a slash at its end, and relative to here', async () => {
    for (const spelled of ['data', 'data/', './x/../data'].map((tail) => `${root}/${tail}`)) {
      const server = await start(spelled);
      expect((await readdir(join(root, 'data'))).sort()).toEqual(
        expect.arrayContaining(['cache', 'lfsb.db', 'lock', 'spool']),
      );
      await server.stop();
    }
    const server = await start(relative(process.cwd(), join(root, 'data')));
    expect((await server.client().send('GET', '/readyz')).json()).toMatchObject({
      dataDirectory: join(root, 'data'),
    });
    expect(await readdir(root)).toEqual(['data']);
  });

  it('sweeps orphans out of the spool, and keeps what the log knows', async () => {
    const server = await start(join(root, 'data'));
    const model = new ModelDatabase({ pageSize: 65_536, compress: false });
    expect((await server.client().post('a.db', model.commit({ commit: 5 }).ltx)).status).toBe(200);
    const known = await server.spool();
    expect(known).toHaveLength(1);
    await server.stop();
    for (const name of ['11111111-1111-1111-1111-111111111111.ltx', 'x.part'])
      await writeFile(join(server.spoolPath, name), 'x');
    await writeFile(join(root, 'data', 'cache', 'left.ltx'), 'x');
    await server.start();
    expect(await server.spool()).toEqual(known);
    expect(await readdir(join(root, 'data', 'cache'))).toEqual([]);
    expect(sha256((await server.client().snapshot('a.db', 'sqlite')).body)).toBe(sha256(model.bytes()));
  });
});

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

describe('running', () => {
  it('says that it is well and ready', async () => {
    const server = await start(join(root, 'data'));
    const [health, ready] = [
      await server.client().send('GET', '/healthz'),
      await server.client().send('GET', '/readyz'),
    ];
    expect([health.status, health.json()]).toEqual([200, { status: 'ok' }]);
    expect([ready.status, ready.json()]).toMatchObject([
      200,
      { ready: true, dataDirectory: join(root, 'data') },
    ]);
  });

  it('keeps everything over a restart', async () => {
    const server = await start(join(root, 'data'));
    const models = [1, 2, 3].map((seed) => new ModelDatabase({ pageSize: 512, seed }));
    for (const [i, model] of models.entries()) {
      for (let n = 0; n < 5; n++) await server.client().post(`${i}.db`, model.mutate().ltx);
    }
    await server.client().post('2.db', models[2]!.drop().ltx);
    await server.restart();
    const client = server.client();
    expect(await client.positions()).toEqual(
      Object.fromEntries(models.map((model, i) => [`${i}.db`, formatPos(model.pos)])),
    );
    for (const [i, model] of models.slice(0, 2).entries()) {
      expect(sha256((await client.snapshot(`${i}.db`, 'sqlite')).body)).toBe(sha256(model.bytes()));
      expect((await client.post(`${i}.db`, model.mutate().ltx)).status).toBe(200);
    }
    const types = server.query<{ type: string }>('SELECT type FROM event').map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('server.'))).toEqual([
      'server.started',
      'server.stopped',
      'server.started',
    ]);
  });
});

describe('stopping', () => {
  it('finishes what is in flight: an upload is answered, and kept', async () => {
    const server = await start(join(root, 'data'));
    const { ltx, pos } = new ModelDatabase({ pageSize: 512, seed: 1 }).mutate();
    const socket = await RawSocket.open(server.port);
    await socket.send(requestHead('POST', '/db/tx?db=a.db', { 'transfer-encoding': 'chunked' }));
    await socket.send(chunk(ltx.subarray(0, 120)));
    await eventually('the upload in flight', () => server.limits.bodies.held === 1);
    const stopped = server.stop();
    await socket.send(chunk(ltx.subarray(120)));
    await socket.send(LAST_CHUNK);
    expect((await socket.answer()).status).toBe(200);
    await stopped;
    await server.start();
    expect(await server.client('raw').positions()).toEqual({ 'a.db': formatPos(pos) });
  });

  it('lets go of idle connections', async () => {
    const server = await start(join(root, 'data'));
    const socket = await RawSocket.open(server.port);
    await socket.send(requestHead('GET', '/healthz'));
    expect((await socket.answer()).status).toBe(200);
    await server.stop();
    await socket.until(() => false);
    expect(socket.text).toBe('');
  });

  it('twice is once', async () => {
    const server = await start(join(root, 'data'));
    await Promise.all([server.stop(), server.stop()]);
    await server.start();
    expect(server.query("SELECT 1 FROM event WHERE type = 'server.stopped'")).toHaveLength(1);
  });
});
