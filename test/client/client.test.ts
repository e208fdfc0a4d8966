import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, LfsbClient } from '../../src/client/index.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';

/** What is there instead of an lfsb; ends with the test. */
async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (listener: RequestListener): Promise<string> => listening(createServer(listener));

function clientOf(endpoint: string, options: Partial<ClientOptions> = {}): LfsbClient {
  const client = new LfsbClient({ endpoint, cluster: 'test', ...options });
  onTestFinished(() => client[Symbol.dispose]());
  return client;
}

async function drain(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('against a server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('a file goes up, is listed, and comes down in both formats', async () => {
    const client = clientOf(server.url);
    const image = sqliteImage({ rows: 2_000 });
    const path = join(tempDir(), 'a.db');
    writeFileSync(path, image);
    let sent = 0;
    const uploaded = await client.upload('a.db', path, (count) => {
      sent += count;
    });
    expect(uploaded).toEqual({ txid: '0000000000000001', isWalForced: false });
    expect(sent).toBe(image.length);
    const [position] = await client.positions();
    expect(position).toMatchObject({ database: 'a.db', txid: '0000000000000001' });
    const sqlite = await client.snapshot('a.db', 'sqlite');
    expect((await drain(sqlite.chunks())).equals(image)).toBe(true);
    const ltx = await client.snapshot('a.db', 'ltx');
    await drain(ltx.chunks());
    expect(ltx.txid).toBe('0000000000000001');
  });

  test('what the server says keeps its code', async () => {
    const client = clientOf(server.url);
    await expect(client.snapshot('nope.db', 'ltx')).rejects.toMatchObject({ code: 'ENODB' });
    await expect(client.delete('nope.db')).rejects.toMatchObject({ code: 'ENODB' });
    await expect(client.delete('a/b')).rejects.toMatchObject({ code: 'EBADDB' });
    expect(() => clientOf(server.url, { cluster: 'a b' })).toThrow('cluster invalid');
  });
});

describe('each way not to reach a server has its own words', () => {
  const positions = (endpoint: string, options?: Partial<ClientOptions>): Promise<unknown> =>
    clientOf(endpoint, options).positions();

  test('nothing listens', async () => {
    await expect(positions('http://127.0.0.1:1')).rejects.toMatchObject({
      code: 'EUNREACHABLE',
      exit: 5,
      message: 'cannot reach http://127.0.0.1:1: nothing listens there',
    });
  });

  test('no such host', async () => {
    await expect(positions('http://no-such-host.invalid')).rejects.toMatchObject({ code: 'EUNREACHABLE' });
  });

  test.each(['nonsense', 'ftp://host', ''])('no URL: %j', async (endpoint) => {
    expect(() => clientOf(endpoint)).toThrow(expect.objectContaining({ code: 'EENDPOINT', exit: 2 }));
  });

  test('https to a server that speaks http', async () => {
    const host = await answering((_, answer) => void answer.end());
    await expect(positions(`https://${host}`)).rejects.toMatchObject({
      code: 'ESCHEME',
      hint: `try http://${host}`,
    });
  });

  test('http to a server that speaks something else, as TLS', async () => {
    const host = await listening(
      createTcpServer((socket) => void socket.end(Buffer.from('15030300020246', 'hex'))),
    );
    await expect(positions(`http://${host}`)).rejects.toMatchObject({
      code: 'ESCHEME',
      hint: `try https://${host}`,
    });
  });

  test('another service', async () => {
    const host = await answering((_, answer) => void answer.end('hello'));
    await expect(positions(`http://${host}`)).rejects.toMatchObject({
      code: 'ENOTLFSB',
      message: `http://${host} is no lfsb server: it answers with something else (status 200): hello`,
    });
  });

  test('a redirect', async () => {
    const host = await answering(
      (_, answer) => void answer.writeHead(301, { location: 'https://elsewhere/' }).end(),
    );
    await expect(positions(`http://${host}`)).rejects.toMatchObject({
      code: 'ENOTLFSB',
      hint: expect.stringContaining('https://elsewhere/'),
    });
  });

  test("a proxy's HTML page", async () => {
    const page = '<html><head><title>502 Bad Gateway</title></head></html>';
    const host = await answering(
      (_, answer) => void answer.writeHead(502, { 'content-type': 'text/html' }).end(page),
    );
    await expect(positions(`http://${host}`)).rejects.toMatchObject({
      code: 'EPROXY',
      message: `a proxy answers for http://${host} with status 502: 502 Bad Gateway`,
    });
  });

  test('silence', async () => {
    const host = await answering(() => undefined);
    await expect(positions(`http://${host}`, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'ENOANSWER',
    });
  });

  test('a newer error code is passed on', async () => {
    const host = await answering(
      (_, answer) => void answer.writeHead(418).end('{"code":"ETEAPOT","error":"short and stout"}'),
    );
    await expect(positions(`http://${host}`)).rejects.toMatchObject({
      code: 'ESERVER',
      message: `short and stout [ETEAPOT] (http://${host})`,
    });
  });
});

describe('a download that is not right is an error', () => {
  const download = async (listener: RequestListener, format: 'sqlite' | 'ltx'): Promise<Buffer> => {
    const snapshot = await clientOf(`http://${await answering(listener)}`).snapshot('a.db', format);
    return drain(snapshot.chunks());
  };

  test('it breaks off, with and without a length', async () => {
    const image = sqliteImage();
    for (const headers of [{ 'content-length': image.length }, {}]) {
      const cut: RequestListener = (_, answer) => {
        answer.writeHead(200, headers).write(image.subarray(0, 8_192), () => answer.destroy());
      };
      await expect(download(cut, 'sqlite')).rejects.toMatchObject({ code: 'EBROKEN', exit: 5 });
    }
  });

  test('it ends too early, in good order', async () => {
    const short: RequestListener = (_, answer) => void answer.end(sqliteImage().subarray(0, 5_000));
    await expect(download(short, 'sqlite')).rejects.toMatchObject({ code: 'EBADDOWNLOAD', exit: 6 });
  });

  test('it is something else', async () => {
    const page: RequestListener = (_, answer) => void answer.end('<html></html>');
    await expect(download(page, 'sqlite')).rejects.toMatchObject({ code: 'EBADDOWNLOAD' });
    await expect(download(page, 'ltx')).rejects.toMatchObject({ code: 'EBADDOWNLOAD' });
  });
});

test('a file that changes while it is sent is not taken for a whole one', async () => {
  await using server = await TestServer.start();
  const client = clientOf(server.url);
  const path = join(tempDir(), 'live.db');
  const image = sqliteImage({ rows: 12_000 });
  writeFileSync(path, image);
  let touched = false;
  const upload = client.upload('live.db', path, () => {
    if (!touched) writeFileSync(path, image);
    touched = true;
  });
  await expect(upload).rejects.toMatchObject({ code: 'EFILECHANGED' });
  expect(await client.positions()).toEqual([]);
});
