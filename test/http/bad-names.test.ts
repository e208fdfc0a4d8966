import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';
import { refused } from './refused.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('requests');
});

afterAll(() => server[Symbol.asyncDispose]());

describe('credentials', () => {
  const OTHERS = [401, 'EINVALIDAUTH'];
  it.each([
    ['an empty one', '', OTHERS],
    ['another scheme', 'Bearer abc', OTHERS],
    ['no name', 'cluster', OTHERS],
    ['two spaces', 'cluster  requests', OTHERS],
    ['something behind it', 'cluster requests x', OTHERS],
    ['a tab', 'cluster\trequests', OTHERS],
    ['a comma', 'cluster a,b', [400, 'EBADCLUSTER']],
    ['a dot at the start', 'cluster .lfsb', [400, 'EBADCLUSTER']],
    ['dots', 'cluster ..', [400, 'EBADCLUSTER']],
    ['a slash', 'cluster a/b', [400, 'EBADCLUSTER']],
    ['33 characters', `cluster ${'a'.repeat(33)}`, [400, 'EBADCLUSTER']],
    ['bytes beyond ASCII', 'cluster caf\u00e9', [400, 'EBADCLUSTER']],
  ])('%s is refused', async (_, authorization, expected) => {
    for (const path of ['/pos', '/db/snapshot?db=a.db']) {
      expect(await refused(client, 'GET', path, { authorization })).toEqual(expected);
    }
  });

  it('missing altogether is refused', async () => {
    const socket = await RawSocket.open(server.port);
    await socket.send('GET /pos HTTP/1.1\r\nhost: x\r\n\r\n');
    const { status, body } = await socket.answer();
    expect([status, JSON.parse(body)]).toMatchObject([
      401,
      { code: 'EINVALIDAUTH', error: 'authorization header invalid format' },
    ]);
    socket.vanish();
  });

  it.each(['cluster requests', 'CLUSTER requests', 'Cluster requests', `cluster ${'a'.repeat(32)}`])(
    '%s is taken',
    async (authorization) => {
      expect((await client.send('GET', '/pos', { headers: { authorization } })).status).toBe(200);
    },
  );
});

describe('names', () => {
  const bad = [400, 'EBADDB'];
  it.each([
    ['none', '', bad],
    ['nothing', 'db=', bad],
    ['dots', 'db=..', bad],
    ['one that starts with a dot', 'db=.a.db', bad],
    ['a way up', 'db=../a.db', bad],
    ['a slash', 'db=x%2fa.db', bad],
    ['a backslash', 'db=x%5ca.db', bad],
    ['a NUL', 'db=a%00.db', bad],
    ['a line break', 'db=a%0d%0a.db', bad],
    ['a space', 'db=a+b', bad],
    ['an umlaut', 'db=%C3%BC.db', bad],
    ['bytes that are no UTF-8', 'db=%ff%fe', bad],
    ['257 characters', `db=${'a'.repeat(257)}`, bad],
    ['several', 'db=a.db&db=b.db', [400, 'EBADINPUT']],
    ['an array', 'db[]=a.db', bad],
  ])('%s is refused', async (_, query, expected) => {
    for (const [method, path] of [
      ['GET', '/db/snapshot'],
      ['POST', '/db/tx'],
      ['DELETE', '/db'],
    ] as const) {
      expect(await refused(client, method, `${path}?${query}`), `${method} ${path}`).toEqual(expected);
    }
  });

  it('a bad one is named in the message, a long one in part', async () => {
    const answer = await client.send('GET', '/db/snapshot?db=..');
    expect(answer.json()['error']).toBe('invalid database name: ".."');
    const long = await client.send('GET', `/db/snapshot?db=${'%22'.repeat(3_000)}`);
    expect(long.body.byteLength).toBeLessThan(500);
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    '-',
    '_',
    'a..b',
    'A',
    'x'.repeat(256),
    'a.ltx~1'.replace('~', '-'),
  ])('%s is a name like any other', async (db) => {
    const named = new ModelDatabase({ pageSize: 512, seed: 4 });
    for (let i = 0; i < 2; i++) expect((await client.post(db, named.mutate().ltx)).status).toBe(200);
    const positions = JSON.parse((await client.send('GET', '/pos')).body.toString(), (key, value) =>
      key === '__proto__' ? undefined : value,
    ) as object;
    if (db !== '__proto__') expect(Object.keys(positions)).toContain(db);
    expect((await client.send('GET', '/pos')).body.toString()).toContain(`"${db}"`);
    expect(sha256((await client.snapshot(db, 'sqlite')).body)).toBe(sha256(named.bytes()));
  });
});
