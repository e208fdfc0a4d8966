import { readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../support/databases.ts';
import { type HttpClient, readAnswer } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { Random } from '../support/random.ts';
import { TestServer } from '../support/server.ts';

const PAGE_SIZE = 65_536;

let server: TestServer;
let client: HttpClient;

beforeEach(async () => {
  server = await TestServer.start();
  client = server.client('damage');
});

afterEach(() => server[Symbol.asyncDispose]());

/** Noise that no compressor shrinks, of any size, without waiting for it. */
function noise(pages: number, seed: number): [number, Uint8Array][] {
  const block = new Random(seed).bytes(PAGE_SIZE);
  return Array.from({ length: pages }, (_, i) => {
    const page = block.slice();
    new DataView(page.buffer).setUint32(0, seed * 100_000 + i);
    return [i + 1, page];
  });
}

async function take(
  db: string,
  model: ModelDatabase,
  changes: Parameters<ModelDatabase['commit']>[0],
): Promise<void> {
  expect((await client.post(db, model.commit(changes).ltx)).status).toBe(200);
}

const spoolFile = async (index: number): Promise<string> => {
  const rows = server.query<{ spool_name: string }>(
    'SELECT spool_name FROM payload WHERE spool_name IS NOT NULL ORDER BY seq',
  );
  return join(server.spoolPath, rows[index]!.spool_name);
};

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  await writeFile(path, bytes);
}

/** Neither format may be answered as if it were whole. */
async function expectCorrupt(db: string): Promise<void> {
  for (const format of ['ltx', 'sqlite'] as const) {
    const answer = await client.snapshot(db, format);
    expect([answer.status, answer.json()['code']], answer.body.toString()).toEqual([500, 'ECORRUPT']);
  }
  expect((await client.positions())[db]).toBeDefined();
}

describe('a stored file that is not what the log says', () => {
  it.each([
    ['its first byte', 0],
    ['a byte in its middle', 70_000],
    ['its last byte', -1],
  ])('is found by its SHA-256 before the first byte is sent: %s', async (_, at) => {
    const model = new ModelDatabase({ pageSize: PAGE_SIZE });
    await take('big.db', model, { pages: noise(3, 1) });
    await flipByte(await spoolFile(0), at);
    await expectCorrupt('big.db');
  });

  it('is found anywhere in a chain, in the spool and in the rows', async () => {
    const model = new ModelDatabase({ pageSize: PAGE_SIZE });
    await take('chain.db', model, { pages: noise(3, 1) });
    for (let i = 0; i < 20; i++)
      await take('chain.db', model, { pages: [[1 + (i % 3), new Uint8Array(PAGE_SIZE).fill(i)]] });
    expect((await client.snapshot('chain.db', 'sqlite')).status).toBe(200);
    const [row] = server.query<{ seq: number; bytes: Buffer }>(
      'SELECT seq, bytes FROM payload_bytes ORDER BY seq LIMIT 1 OFFSET 11',
    );
    const changed = Uint8Array.from(row!.bytes);
    changed[120] = changed[120]! ^ 1;
    server.damage('UPDATE payload_bytes SET bytes = ? WHERE seq = ?', changed, row!.seq);
    await expectCorrupt('chain.db');
    server.damage('UPDATE payload_bytes SET bytes = ? WHERE seq = ?', row!.bytes, row!.seq);
    expect(sha256((await client.snapshot('chain.db', 'sqlite')).body)).toBe(sha256(model.bytes()));
  });

  it('is found when it is gone', async () => {
    const model = new ModelDatabase({ pageSize: PAGE_SIZE });
    await take('gone.db', model, { pages: noise(3, 1) });
    await take('gone.db', model, { pages: [[1, new Uint8Array(PAGE_SIZE)]] });
    const [row] = server.query<{ seq: number; bytes: Buffer }>('SELECT seq, bytes FROM payload_bytes');
    server.damage('DELETE FROM payload_bytes WHERE seq = ?', row!.seq);
    await expectCorrupt('gone.db');
    server.damage('INSERT INTO payload_bytes VALUES (?, ?)', row!.seq, row!.bytes);
    await unlink(await spoolFile(0));
    await expectCorrupt('gone.db');
  });

  it('does not touch other databases', async () => {
    const [bad, good] = [
      new ModelDatabase({ pageSize: PAGE_SIZE }),
      new ModelDatabase({ pageSize: PAGE_SIZE }),
    ];
    await take('bad.db', bad, { pages: noise(3, 1) });
    await take('good.db', good, { pages: noise(3, 2) });
    await flipByte(await spoolFile(0), 5_000);
    await expectCorrupt('bad.db');
    expect(sha256((await client.snapshot('good.db', 'sqlite')).body)).toBe(sha256(good.bytes()));
  });
});

describe('damage that comes while a snapshot is being sent', () => {
  /** More than the pipes between disk and client hold. */
  const PAGES = 600;

  /** Takes the first bytes of an answer and then no more, until it is told to. */
  async function pausedDownload(db: string, format: 'ltx' | 'sqlite'): Promise<IncomingMessage> {
    const response = await client.open('GET', `/db/snapshot?db=${db}&format=${format}`);
    expect(response.statusCode).toBe(200);
    await new Promise<void>((resolve) => response.once('readable', resolve));
    return response;
  }

  it.each([
    ['one stored snapshot, as LTX', 1, 'ltx'],
    ['one stored snapshot, as SQLite', 1, 'sqlite'],
    ['a merged chain, as LTX', 2, 'ltx'],
    ['a merged chain, as SQLite', 2, 'sqlite'],
  ] as const)('breaks the connection: %s', async (_, files, format) => {
    const model = new ModelDatabase({ pageSize: PAGE_SIZE, compress: false });
    await take('live.db', model, { pages: noise(PAGES, 3) });
    if (files === 2) await take('live.db', model, { pages: [[7, new Uint8Array(PAGE_SIZE)]] });
    const download = await pausedDownload('live.db', format);
    await truncate(await spoolFile(0), 30 * 1024 * 1024);
    await expect(readAnswer(download)).rejects.toThrow(/aborted/);
    expect((await client.positions())['live.db']).toBeDefined();
  });

  it('is not seen by a client whose bytes were sent before', async () => {
    const model = new ModelDatabase({ pageSize: PAGE_SIZE, compress: false });
    await take('live.db', model, { pages: noise(PAGES, 3) });
    const download = await pausedDownload('live.db', 'sqlite');
    // The file goes, its descriptor stays.
    await unlink(await spoolFile(0));
    const answer = await readAnswer(download);
    expect(sha256(answer.body)).toBe(sha256(model.bytes()));
  });
});
