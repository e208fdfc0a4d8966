import { afterAll, beforeAll, expect, test } from 'vitest';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  for (const db of ['a.db', 'b.db', 'c.db']) {
    await server.client('shop').post(db, new ModelDatabase().mutate().ltx);
  }
});
afterAll(() => server[Symbol.asyncDispose]());

interface Page {
  readonly databases: { readonly database: string }[];
  readonly next: string | null;
}

test('pages through the databases of the cluster, and shows no others', async () => {
  const client = server.client('shop');
  const names: string[] = [];
  let after = '';
  for (let pages = 0; pages < 5; pages++) {
    const page = (await client.send('GET', `/v1/status?limit=2&after=${after}`)).json<
      Page & Record<string, unknown>
    >();
    names.push(...page.databases.map(({ database }) => database));
    if (page.next === null) break;
    after = page.next;
  }
  expect(names).toEqual(['a.db', 'b.db', 'c.db']);
  const other = await server.client('other').send('GET', '/v1/status');
  expect(other.json()).toMatchObject({ cluster: 'other', databases: [], next: null });
});

const DUE = { databases: expect.any(Number), builds: expect.any(Number), deletes: 0 };

test('what is not on a replica yet is behind', async () => {
  const status = (await server.client('shop').send('GET', '/v1/status')).json<Record<string, unknown>>();
  expect(status).toMatchObject({
    clock: { state: 'trusted' },
    disk: { dataDirectory: server.dataPath, freeBytes: expect.any(Number) },
    replicas: [{ required: true, state: 'ok', storing: 0, deleting: 0, retrying: 0, due: DUE }],
  });
  expect((status['databases'] as object[])[0]).toMatchObject({
    txid: '0000000000000001',
    highWaterMark: '0000000000000000',
    replicas: [{ txid: '0000000000000000', lagMs: expect.any(Number) }],
    lastDrill: null,
  });
});

test.each(['limit=0', 'limit=501', 'limit=x', 'after=a/b'])('%s is refused', async (query) => {
  expect((await server.client('shop').send('GET', `/v1/status?${query}`)).status).toBe(400);
});
