import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { describeLtx } from '../../src/ltx/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Driven } from './driven.ts';
import { until } from './until.ts';

/** All files below a directory, by their path from it. */
const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((name) => name.endsWith('.ltx'))
    .sort();

describe('through HTTP, to a directory', () => {
  it('keeps a database beyond level 0: stored, marked, expired here, and given back from there', async () => {
    const root = tempDir();
    const driven = new Driven();
    const storage = { ...DEFAULT_STORAGE, replicas: [pathToFileURL(root).href] };
    await using server = await TestServer.start({ config: { storage }, clock: driven.clock, timer: driven });
    const client = server.client('shop');
    const model = new ModelDatabase();
    const write = () =>
      model.commit({
        pages: [
          [1, randomPage(model)],
          [3, randomPage(model)],
        ],
        timestampMs: BigInt(driven.wall),
      });
    expect((await client.post('a.db', write().ltx)).status).toBe(200);
    driven.pass(1_000);
    expect((await client.post('a.db', write().ltx)).status).toBe(200);
    const key = 'shop/a.db/1/0000000000000001-0000000000000002.ltx';
    await until(() => {
      driven.pass(2_000);
      return filesIn(root).includes(key);
    });
    const file = readFileSync(join(root, key));
    expect(describeLtx([file]).header).toMatchObject({
      minTxid: '0000000000000001',
      maxTxid: '0000000000000002',
      nodeId: '0000000000000000',
    });
    await until(() => server.query('SELECT txid FROM high_water')[0]?.['txid'] === '0000000000000002');
    const answer = await client.post('a.db', write().ltx);
    expect(answer.headers['litefs-hwm']).toBe('0000000000000002');
    await until(() => {
      driven.pass(60_000);
      return server.query('SELECT * FROM payload').length === 0;
    });
    await until(() => server.query('SELECT * FROM payload_bytes').length === 0);
    const sqlite = await client.send('GET', '/db/snapshot?db=a.db&format=sqlite');
    expect(sqlite.body.equals(model.bytes())).toBe(true);
    const ready = await client.send('GET', '/readyz');
    expect(JSON.parse(ready.body.toString()).replicas).toMatchObject([
      { failingSince: null, required: true },
    ]);
    await server.restart();
    expect(
      (await server.client('shop').send('GET', '/db/snapshot?db=a.db&format=sqlite')).body.equals(
        model.bytes(),
      ),
    ).toBe(true);
    expect((await server.client('shop').send('DELETE', '/db?db=a.db')).status).toBe(200);
    await until(() => {
      driven.pass(1_000);
      return filesIn(root).length === 0;
    });
  });

  it('says aloud that nothing is configured, and how levels are kept', async () => {
    await using server = await TestServer.start({ config: { storage: DEFAULT_STORAGE } });
    const said = server.logs.map(({ msg }) => msg);
    expect(said).toContain('monitoring compaction level=1 interval=10s retention=1h0m0s');
    expect(said).toContain('monitoring compaction level=9 interval=24h0m0s retention=720h0m0s');
    expect(said).toContain(
      'no replica is configured: backups go to store/ in the data directory, and are lost with its disk',
    );
  });

  it('a replica that cannot be written fails alone, and is said once', async () => {
    const root = join(tempDir(), 'replica');
    const driven = new Driven();
    writeFileSync(root, 'a file, not a folder');
    const good = tempDir();
    mkdirSync(good, { recursive: true });
    const storage = { ...DEFAULT_STORAGE, replicas: [pathToFileURL(root).href, pathToFileURL(good).href] };
    await using server = await TestServer.start({ config: { storage }, clock: driven.clock, timer: driven });
    const model = new ModelDatabase();
    await server.client('shop').post('a.db', model.mutate().ltx);
    await until(() => {
      driven.pass(5_000);
      return (
        filesIn(good).length > 0 &&
        server.query('SELECT * FROM replica WHERE failing_since IS NOT NULL').length > 0
      );
    });
    await until(() => {
      driven.pass(60_000);
      return driven.monotonic > 3_600_000;
    });
    expect(server.logs.filter(({ msg }) => msg === 'replica fails')).toHaveLength(1);
    const answer = await server.client('shop').post('a.db', model.mutate().ltx);
    expect(answer.headers['litefs-hwm']).toBe('0000000000000000');
  });
});

let filled = 0;
function randomPage(model: ModelDatabase): Uint8Array {
  filled = (filled % 250) + 1;
  return new Uint8Array(model.pageSize).fill(filled);
}
