import { afterEach, beforeEach, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { Random } from '../support/random.ts';
import { TestServer } from '../support/server.ts';
import { DataDirectory, Exit99 } from './litefs/data-directory.ts';
import { FILE_KEPT_MS, MERGED_FILES_MAX } from './litefs/database.ts';
import { LiteFsPrimary } from './litefs/primary.ts';

// What the driver of a primary does is what `protocol.md` says of LiteFS: a lax one would hide what a server does wrong.
let server: TestServer;
let client: HttpClient;
let primary: LiteFsPrimary;
let directory: DataDirectory;

beforeEach(async () => {
  server = await TestServer.start();
  client = server.client('shop');
  directory = new DataDirectory(new Random(1));
  primary = start();
});
afterEach(async () => {
  primary.close();
  await server[Symbol.asyncDispose]();
});

const start = (): LiteFsPrimary =>
  new LiteFsPrimary(directory, { url: () => server.url, token: 'cluster shop', weather: () => 'fair' }, 0);

const page = (byte: number): Uint8Array => new Uint8Array(512).fill(byte);
const position = async (): Promise<string | undefined> => (await client.positions())['a.db'];
const mine = (): string => formatPos(directory.databases.get('a.db')!.pos);

it('polls a second after its start and every ten seconds, and sends a second after a write', async () => {
  for (const now of [0, 999, 1_000, 10_999, 11_000]) await primary.tick(now);
  expect(primary.passes).toBe(2);
  primary.commit('a.db', 512, page(3), 12_000);
  await primary.tick(12_999);
  expect(await position()).toBeUndefined();
  await primary.tick(13_000);
  expect(await position()).toBe(mine());
});

it('sends 256 of its files at most, and the others at once', async () => {
  primary.commit('a.db', 512, page(255), 0);
  await primary.tick(1_000);
  for (let i = 0; i < MERGED_FILES_MAX + 44; i++) primary.commit('a.db', 512, page(i % 250), 1_000);
  await primary.tick(2_000);
  expect((await position())?.slice(0, 16)).toBe((1 + MERGED_FILES_MAX).toString(16).padStart(16, '0'));
  await primary.tick(2_000);
  expect(await position()).toBe(mine());
});

it('ends a failed pass, and begins again at once and then every second', async () => {
  await server.stop();
  for (const now of [1_000, 1_000, 1_500, 2_000, 2_500, 3_000]) await primary.tick(now);
  expect(primary).toMatchObject({ passes: 4, failures: 4 });
});

it('keeps its files until they are old and below the high-water mark it was told', async () => {
  primary.commit('a.db', 512, page(3), 0);
  await primary.tick(1_000);
  await primary.tick(2 * FILE_KEPT_MS);
  // The server has stored nothing yet.
  expect(directory.databases.get('a.db')?.files).toBe(1);
});

it('goes on from its data directory, and takes all from the server without it', async () => {
  primary.commit('a.db', 512, page(3), 0);
  await primary.tick(1_000);
  primary.commit('a.db', 512, page(4), 1_000);
  primary.close();
  primary = start();
  await primary.tick(1_000);
  expect(await position()).toBe(mine());
  const before = mine();
  directory = new DataDirectory(new Random(2));
  primary.close();
  primary = start();
  await primary.tick(1_000);
  expect(mine()).toBe(before);
  expect(primary.takeovers).toMatchObject([{ db: 'a.db', why: 'absent', lost: 0n }]);
});

it('gives its newest transactions up for what it is told', async () => {
  primary.commit('a.db', 512, page(3), 0);
  await primary.tick(1_000);
  const other = new ModelDatabase({ pageSize: 512 });
  await client.send('DELETE', '/db?db=a.db');
  for (let i = 0; i < 3; i++) await client.post('a.db', other.mutate().ltx);
  primary.commit('a.db', 512, page(4), 1_500);
  await primary.tick(3_000);
  expect(mine()).toBe(formatPos(other.pos));
  expect(primary.takeovers).toMatchObject([{ db: 'a.db', why: 'behind', lost: 1n }]);
});

it('ends for good when a name it knows comes with another page size', async () => {
  primary.commit('a.db', 512, page(3), 0);
  await primary.tick(1_000);
  await client.send('DELETE', '/db?db=a.db');
  const other = new ModelDatabase({ pageSize: 1024 });
  for (let i = 0; i < 3; i++) await client.post('a.db', other.mutate().ltx);
  await expect(primary.tick(11_000)).rejects.toThrow(Exit99);
});
