import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { DEFAULT_STORAGE } from '../../../src/config/index.ts';
import { ModelDatabase } from '../../support/ltx-fixtures.ts';
import { TestServer } from '../../support/server.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { Driven } from '../driven.ts';
import { until } from '../until.ts';

const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ltx'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

async function served(roots: readonly string[]) {
  const driven = new Driven();
  const storage = { ...DEFAULT_STORAGE, replicas: roots.map((root) => pathToFileURL(root).href) };
  const server = await TestServer.start({ config: { storage }, clock: driven.clock, timer: driven });
  const get = async (path: string) => (await server.client('shop').send('GET', path)).json<Answered>();
  const drill = () => server.client('shop').send('POST', '/v1/db/verify?db=a.db&all');
  const typesOf = () =>
    server.query<{ type: string }>('SELECT type FROM event ORDER BY seq').map(({ type }) => type);
  /** Nothing is under way: what is on record is what is there. */
  const isQuiet = (): boolean =>
    server.query('SELECT * FROM outbox').length === 0 &&
    server.query('SELECT * FROM stored_file').length === roots.flatMap(filesIn).length;
  return { server, driven, get, drill, typesOf, isQuiet };
}

interface Answered extends Record<string, unknown> {
  readonly warnings?: readonly string[];
  readonly databases?: readonly { readonly damaged: readonly object[] }[];
}

it('what a drill finds is looked at again, put on record, and copied from the other replica', async () => {
  const [one, two] = [tempDir(), tempDir()];
  const { server, driven, drill, typesOf, isQuiet } = await served([one, two]);
  await using _server = server;
  const model = new ModelDatabase({ pageSize: 512 });
  await server.client('shop').post('a.db', model.mutate({ pagesMax: 20 }).ltx);
  await until(() => {
    driven.pass(2_000);
    return isQuiet() && filesIn(one).length > 0 && filesIn(two).length > 0;
  });
  // A level may just be built of what is in the cache.
  for (let isSound = true; isSound; ) {
    for (const path of filesIn(one)) writeFileSync(path, Buffer.alloc(readFileSync(path).byteLength, 7));
    isSound = !(await drill()).body.toString().includes('"ok":false');
  }
  await until(() => {
    driven.pass(5_000);
    return typesOf().includes('file.damaged');
  });
  await until(() => {
    driven.pass(5_000);
    return server.query('SELECT * FROM damaged_file').length === 0;
  });
  expect((await drill()).body.toString()).toContain('"kind":"verdict","ok":true');
});

it('what nothing is left of is said, and the name is left out of /pos until the whole database comes', async () => {
  const root = tempDir();
  const { server, driven, get, drill, typesOf, isQuiet } = await served([root]);
  await using _server = server;
  const client = server.client('shop');
  const model = new ModelDatabase({ pageSize: 512 });
  await client.post('a.db', model.mutate({ pagesMax: 20 }).ltx);
  await until(() => {
    driven.pass(60_000);
    return isQuiet() && filesIn(root).length > 0 && server.query('SELECT * FROM payload').length === 0;
  });
  for (const path of filesIn(root)) rmSync(path, { force: true });
  await drill();
  await until(() => {
    driven.pass(5_000);
    return typesOf().includes('position.withheld');
  });
  expect(await get('/pos')).toEqual({});
  const status = await get('/v1/status');
  const damaged = status.databases?.[0]?.damaged ?? [];
  expect(status).toMatchObject({ databases: [{ withheld: true }], replicas: [{ damaged: damaged.length }] });
  expect(damaged).not.toEqual([]);
  for (const file of damaged) expect(file).toMatchObject({ found: 'missing' });
  expect((await get('/readyz')).warnings).toContainEqual(expect.stringContaining('missing or damaged'));
  const metrics = (await client.send('GET', '/metrics')).body.toString();
  expect(metrics).toMatch(new RegExp(`lfsb_damaged_files\\{replica="[^"]+"\\} ${damaged.length}\n`));
  const gone = await client.send('GET', '/db/snapshot?db=a.db&txid=0000000000000001');
  expect(gone.json()).toMatchObject({ code: 'ENOTXID' });
  expect((await client.post('a.db', model.snapshot())).status).toBe(200);
  expect(Object.keys(await get('/pos'))).toEqual(['a.db']);
  await until(() => {
    driven.pass(5_000);
    return filesIn(root).length > 0;
  });
  const sqlite = await client.send('GET', '/db/snapshot?db=a.db&format=sqlite');
  expect(sqlite.body.equals(model.bytes())).toBe(true);
});
