import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Download, LfsbClient, type Resumption } from '../../src/client/index.ts';
import { RESUME_TRIES_MAX } from '../../src/client/resume.ts';
import { formatTxid } from '../../src/ltx/index.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import type { HttpClient } from '../support/http-client.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';

const IMAGE = sqliteImage({ rows: 1_200 });
const SIZE = IMAGE.length;
const OTHER = sqliteImage({ rows: 1_200, seed: 2 });

let server: TestServer;
let primary: HttpClient;

const upload = async (image: Uint8Array): Promise<void> => {
  expect((await primary.send('POST', '/db/upload?db=a.db', { body: image })).status).toBe(200);
};

beforeEach(async () => {
  server = await TestServer.start();
  primary = server.client('test');
  await upload(IMAGE);
});

afterEach(() => server[Symbol.asyncDispose]());

function clientOf(endpoint: string): LfsbClient {
  const client = new LfsbClient({ endpoint, cluster: 'test' });
  onTestFinished(() => client[Symbol.dispose]());
  return client;
}

const cutting = async (...cuts: number[]): Promise<CuttingProxy> => {
  const proxy = await CuttingProxy.start(server, cuts);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return proxy;
};

const open = (endpoint: string): Promise<Download> => clientOf(endpoint).snapshot('a.db', 'sqlite');

/** Reads a download to its end, and goes on at once where it breaks off; something may happen before. */
async function read(
  download: Download,
  before: () => Promise<unknown> = async () => {},
): Promise<{ bytes: Buffer; told: Resumption[] }> {
  const told: Resumption[] = [];
  const chunks: Buffer[] = [];
  const resume = { onResume: (what: Resumption) => void told.push(what), wait: before };
  for await (const chunk of download.chunks(resume)) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), told };
}

describe('a download whose connection breaks off', () => {
  test('goes on from what is there, as often as it has to', async () => {
    const proxy = await cutting(100_000, 1_000, 200_000);
    const { bytes, told } = await read(await open(proxy.url));
    expect(bytes.equals(IMAGE)).toBe(true);
    expect(told).toHaveLength(3);
    for (const { sizeBytes, because } of told) {
      expect([sizeBytes, (because as { code?: string }).code]).toEqual([SIZE, 'EBROKEN']);
    }
    expect(proxy.requests).toHaveLength(4);
    for (const [i, { receivedBytes }] of told.entries()) {
      expect(proxy.requests[i + 1]).toMatch(new RegExp(`^range: bytes=${receivedBytes}-\r$`, 'm'));
    }
  });

  test('goes on where not one byte came', async () => {
    const { headers } = await primary.snapshot('a.db', 'sqlite');
    // Its head is whole, and the connection ends with it.
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const proxy = await cutting(`HTTP/1.1 200 OK\r\n${head.join('')}\r\n`.length);
    const { bytes, told } = await read(await open(proxy.url));
    expect(bytes.equals(IMAGE)).toBe(true);
    expect(told[0]?.receivedBytes).toBe(0);
  });

  test('stays at its point when the database goes on', async () => {
    const proxy = await cutting(100_000);
    const { bytes } = await read(await open(proxy.url), () => upload(OTHER));
    expect(bytes.equals(IMAGE)).toBe(true);
    expect(proxy.requests[1]).toContain(`txid=${formatTxid(1n)}`);
  });

  test('fails when the point is gone, and says how far it came', async () => {
    const proxy = await cutting(100_000);
    const reading = read(await open(proxy.url), () => primary.send('DELETE', '/db?db=a.db'));
    await expect(reading).rejects.toMatchObject({
      code: 'EBROKEN',
      exit: 5,
      message: expect.stringMatching(
        /^\d+ of \d+ bytes came, and the rest cannot be had: database not found/,
      ),
    });
  });

  test('fails when another database has come to the same TXID', async () => {
    const proxy = await cutting(100_000);
    const reading = read(await open(proxy.url), async () => {
      await primary.send('DELETE', '/db?db=a.db');
      await upload(OTHER);
    });
    await expect(reading).rejects.toThrow('has another file there by now');
  });

  test('is given up after tries in a row that bring nothing, each waited for longer', async () => {
    const nothing = Array.from({ length: RESUME_TRIES_MAX }, () => 1);
    const proxy = await cutting(100_000, 100_000, ...nothing);
    const waits: number[] = [];
    const download = await open(proxy.url);
    const resume = {
      onResume: ({ waitMs }: Resumption) => void waits.push(waitMs),
      wait: async () => {},
    };
    const reading = async (): Promise<void> => {
      for await (const chunk of download.chunks(resume)) expect(chunk.length).toBeGreaterThan(0);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'EBROKEN' });
    // The first try brought something, so that those after it are counted anew.
    expect(waits).toEqual([500, 500, 1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(proxy.requests).toHaveLength(2 + RESUME_TRIES_MAX);
  });

  test('does not go on unless it is told to, nor as LTX', async () => {
    const plain = async (): Promise<void> => {
      const download = await open((await cutting(100_000)).url);
      for await (const chunk of download.chunks()) expect(chunk.length).toBeGreaterThan(0);
    };
    await expect(plain()).rejects.toMatchObject({ code: 'EBROKEN' });
    const ltx = await clientOf((await cutting(100_000)).url).snapshot('a.db', 'ltx');
    await expect(read(ltx)).rejects.toMatchObject({ code: 'EBROKEN' });
  });
});

describe('a SQLite file that is not the one that it is said to be', () => {
  const answering = async (listener: RequestListener): Promise<string> => {
    const fake = createServer(listener);
    await once(fake.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void fake.close());
    return `http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
  };
  const tagged = async (): Promise<string> => (await primary.snapshot('a.db', 'sqlite')).headers.etag ?? '';

  test('is found by the checksum of its pages', async () => {
    const wrong = Buffer.from(IMAGE);
    wrong[SIZE - 1]! ^= 1;
    const etag = await tagged();
    const headers = { 'content-length': SIZE, etag };
    const url = await answering((_, answer) => void answer.writeHead(200, headers).end(wrong));
    await expect(read(await open(url))).rejects.toMatchObject({
      code: 'EBADDOWNLOAD',
      message: expect.stringContaining('its pages have the checksum'),
    });
  });

  test('is found where a part of it is of another point', async () => {
    const bytes = Buffer.from(IMAGE);
    const etag = await tagged();
    const url = await answering(({ headers: { range } }, answer) => {
      if (range === undefined) {
        const whole = { 'content-length': SIZE, etag };
        answer.writeHead(200, whole).write(bytes.subarray(0, 50_000), () => answer.destroy());
        return;
      }
      const from = Number(/\d+/.exec(range)![0]);
      const part = {
        'content-length': SIZE - from,
        'content-range': `bytes ${from}-${SIZE - 1}/${SIZE}`,
        etag,
      };
      answer.writeHead(206, part).end(Buffer.alloc(SIZE - from, 9));
    });
    await expect(read(await open(url))).rejects.toMatchObject({ code: 'EBADDOWNLOAD' });
  });
});
