import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createReporter } from '../../src/reporting.ts';
import { lfsb } from '../support/cli.ts';
import { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { Random } from '../support/random.ts';
import { type ServeCommand, serveCommand } from '../support/serve-command.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The library is large: a busy machine takes long to load it. */
vi.setConfig({ testTimeout: 90_000 });

const PAGE_SIZE = 65_536;
const SECRET = 'the content of a page';

interface Sentry {
  readonly dsn: string;
  /** The envelopes that came, whole, as text. */
  readonly envelopes: string[];
}

/** What of Sentry a client talks to. */
async function fakeSentry(): Promise<Sentry> {
  const envelopes: string[] = [];
  const server = createServer(async (request, response) => {
    const parts = await request.toArray();
    const body = Buffer.concat(parts);
    envelopes.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { dsn: `http://key@127.0.0.1:${(server.address() as AddressInfo).port}/7`, envelopes };
}

/** A database whose only transaction is in a file of the spool, and that file damaged: reading it is an ECORRUPT. */
async function withDamage(server: ServeCommand, data: string): Promise<HttpClient> {
  const client = new HttpClient(() => server.url, 'shop', 1);
  const block = new Random(1).bytes(PAGE_SIZE);
  block.set(Buffer.from(SECRET));
  const pages = Array.from({ length: 40 }, (_, i): [number, Uint8Array] => {
    const page = block.slice();
    new DataView(page.buffer).setUint32(64, i);
    return [i + 1, page];
  });
  const model = new ModelDatabase({ pageSize: PAGE_SIZE });
  expect((await client.post('app.db', model.commit({ commit: 40, pages }).ltx)).status).toBe(200);
  for (const name of readdirSync(join(data, 'spool'))) {
    const path = join(data, 'spool', name);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes);
  }
  return client;
}

async function end(server: ServeCommand): Promise<void> {
  server.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
}

describe('with SENTRY_DSN', () => {
  test('an unexpected error is reported once, by name and id, without what was stored', async () => {
    const { dsn, envelopes } = await fakeSentry();
    const data = tempDir();
    const server = await serveCommand({ env: { SENTRY_DSN: dsn, LFSB_DATA_PATH: data } });
    const client = await withDamage(server, data);
    const answer = await client.snapshot('app.db', 'ltx');
    expect(answer.status).toBe(500);
    await end(server);

    expect(envelopes).toHaveLength(1);
    const [header, item, event] = envelopes[0]!.split('\n').map((line) => JSON.parse(line));
    expect(header).toMatchObject({ event_id: expect.any(String) });
    expect(item).toMatchObject({ type: 'event' });
    expect(event).toMatchObject({
      release: expect.stringMatching(/^\d+\.\d+\.\d+/),
      tags: { request: answer.headers['x-request-id'], route: '/db/snapshot' },
    });
    expect(event).not.toHaveProperty('request');
    expect(event).not.toHaveProperty('breadcrumbs');
    expect(event).not.toHaveProperty('user');
    for (const never of [SECRET, 'cluster shop', 'authorization', 'key@127'])
      expect(envelopes[0]).not.toContain(never);
  });

  test('what a client does wrong is not reported', async () => {
    const { dsn, envelopes } = await fakeSentry();
    const server = await serveCommand({ env: { SENTRY_DSN: dsn, LFSB_DATA_PATH: tempDir() } });
    const client = new HttpClient(() => server.url, 'shop', 1);
    const statuses = [
      (await client.snapshot('missing.db', 'ltx')).status,
      (await client.post('app.db', Buffer.from('no LTX'))).status,
      (await fetch(`${server.url}/pos`)).status,
      (await fetch(`${server.url}/nothing`)).status,
    ];
    expect(statuses).toEqual([404, 400, 401, 404]);
    await end(server);
    expect(envelopes).toEqual([]);
  });

  test('what ends the server is reported before it ends', async () => {
    const { dsn, envelopes } = await fakeSentry();
    const folder = tempDir();
    const die = join(folder, 'die');
    const script = join(folder, 'writer-dies.mjs');
    writeFileSync(script, WRITER_DIES);
    const server = await serveCommand({
      env: {
        SENTRY_DSN: dsn,
        LFSB_DATA_PATH: join(folder, 'data'),
        NODE_OPTIONS: `--import=${script}`,
        LFSB_TEST_DIE: die,
      },
    });
    mkdirSync(die);
    const { code, stderr } = await server.ended;
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('Error: ') });
    expect(envelopes).toHaveLength(1);
    expect(envelopes[0]).toContain('the writer dies');
  });

  test('a start with one that is none says so, and does not repeat it', async () => {
    const args = ['serve', '--bind', '127.0.0.1:0', '--data', tempDir()];
    const { code, stderr, stdout } = await lfsb(args, { env: { SENTRY_DSN: 'https://secret@host' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Error: SENTRY_DSN .* \[ECONFIG\]\n {2}.+\n$/);
    expect(stderr + stdout).not.toContain('secret');
  });

  test.each([
    'nonsense',
    'http://127.0.0.1/7',
    'https://key@host',
    'https://key@host/name',
    'ftp://key@host/7',
    'https://key@host/7?x',
  ])('%s is none', async (dsn) => {
    await expect(createReporter(dsn, '1.0.0')).rejects.toMatchObject({ code: 'ECONFIG' });
  });
});

/** Loaded before everything else, in every thread: ends the one that writes the log, when it is told to. */
const WRITER_DIES = `
import { existsSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';
if (!isMainThread && workerData?.handlers !== undefined)
  setInterval(() => {
    if (existsSync(process.env.LFSB_TEST_DIE)) throw new Error('the writer dies');
  }, 20);
`;

describe('Sentry', () => {
  /** The scripts that a server loads, as V8 tells at its end. */
  async function loaded(env: Record<string, string>): Promise<string[]> {
    const folder = tempDir();
    const server = await serveCommand({
      env: { ...env, LFSB_DATA_PATH: tempDir(), NODE_V8_COVERAGE: folder },
    });
    await end(server);
    const names = await vi.waitFor(() => {
      const found = readdirSync(folder);
      expect(found.length).toBeGreaterThan(0);
      return found;
    });
    return names.flatMap((name) =>
      (JSON.parse(readFileSync(join(folder, name), 'utf8')).result as { url: string }[]).map(
        ({ url }) => url,
      ),
    );
  }
  const sentryOf = (urls: string[]): string[] => urls.filter((url) => url.includes('/@sentry/'));

  test('is not loaded without a DSN, and is with one', async () => {
    const without = await loaded({});
    expect(without.length).toBeGreaterThan(50);
    expect(sentryOf(without)).toEqual([]);
    const { dsn } = await fakeSentry();
    expect(sentryOf(await loaded({ SENTRY_DSN: dsn }))).not.toEqual([]);
  });
});
