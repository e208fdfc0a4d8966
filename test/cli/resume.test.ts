import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { lfsb } from '../support/cli.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { against, type Run } from './support/against.ts';

const IMAGE = sqliteImage({ rows: 2_000 });
const OTHER = sqliteImage({ rows: 2_000, seed: 2 });

let server: TestServer;
let run: Run;

beforeAll(async () => {
  server = await TestServer.start();
  run = against(server);
  const path = join(server.dataPath, 'source.db');
  for (const image of [IMAGE, OTHER]) {
    writeFileSync(path, image);
    expect((await run(['import', 'a.db', path])).code).toBe(0);
  }
});

afterAll(() => server[Symbol.asyncDispose]());

/** Runs `lfsb` in a folder of its own, through a proxy that cuts. */
async function cut(
  cuts: readonly number[],
  args: readonly string[],
): Promise<Awaited<ReturnType<Run>> & { folder: string; requests: string[] }> {
  const proxy = await CuttingProxy.start(server, cuts);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const folder = tempDir();
  const env = { LFSB_ENDPOINT: proxy.url, LFSB_CLUSTER: 'shop' };
  return { ...(await lfsb(args, { env, cwd: folder })), folder, requests: proxy.requests };
}

const RESUMED =
  /^the connection to http:\S+ broke off: [\d.]+ (?:B|KiB) of [\d.]+ KiB are here, going on in 0\.5 s$/;

test('an export into a file goes on where the connection breaks off, and says so', async () => {
  const { code, stderr, folder } = await cut([200_000, 300_000], ['export', 'a.db', '-o', 'out.db']);
  const [first, second, last] = stderr.trimEnd().split('\n');
  expect(first).toMatch(RESUMED);
  expect(second).toMatch(RESUMED);
  expect(last).toMatch(/^a\.db: .+ exported to out\.db$/);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, 'out.db')).equals(OTHER)).toBe(true);
  expect(readdirSync(folder)).toEqual(['out.db']);
});

test('a restore of a point into a file does, and its JSON says which point came', async () => {
  const args = ['restore', 'a.db', '--txid', '0x1', '-o', 'out.db', '--json'];
  const { code, stdout, stderr, folder } = await cut([200_000], args);
  expect(code).toBe(0);
  expect(stderr.trimEnd()).toMatch(RESUMED);
  expect(JSON.parse(stdout)).toMatchObject({ txid: '0000000000000001', sizeBytes: IMAGE.length });
  expect(readFileSync(join(folder, 'out.db')).equals(IMAGE)).toBe(true);
});

test('what goes to a pipe, and an LTX file, does not: it fails at once', async () => {
  for (const args of [
    ['export', 'a.db'],
    ['export', 'a.db', '-f', 'ltx', '-o', 'out.ltx'],
  ]) {
    const { code, stderr, requests, folder } = await cut([200_000], args);
    expect(code).toBe(5);
    expect(stderr).toContain('[EBROKEN]');
    expect(requests).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('one that cannot go on leaves nothing, and what was there as it was', async () => {
  const folder = tempDir();
  const kept = join(folder, 'kept.db');
  writeFileSync(kept, 'before');
  const proxy = await CuttingProxy.start(server, [200_000]);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const source = join(server.dataPath, 'source.db');
  expect((await run(['import', 'going.db', source])).code).toBe(0);
  const env = { LFSB_ENDPOINT: proxy.url, LFSB_CLUSTER: 'shop' };
  let others: string[] = [];
  proxy.before = async (connection) => {
    if (connection === 0) return;
    others = readdirSync(folder);
    expect((await server.client('shop').send('DELETE', '/db?db=going.db')).status).toBe(200);
  };
  const { code, stderr } = await lfsb(['export', 'going.db', '-o', kept], { env });
  expect(others).toHaveLength(2);
  expect(stderr).toMatch(/bytes came, and the rest cannot be had: database not found.* \[EBROKEN\]/);
  expect(code).toBe(5);
  expect(readdirSync(folder)).toEqual(['kept.db']);
  expect(readFileSync(kept, 'utf8')).toBe('before');
});
