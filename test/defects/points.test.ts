import { expect, it } from 'vitest';
import { against } from '../cli/support/against.ts';
import { until } from '../compactor-run/until.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { database, Given } from './given.ts';

const hex = (txid: number): string => txid.toString(16).padStart(16, '0');

it('defect 1: a TXID inside a compacted file restores no older state, and is refused with the nearest ones', async () => {
  await using given = await Given.start();
  const { client, driven, server } = given;
  const model = database();
  for (let i = 0; i < 3; i++) await given.send('a.db', model);
  await until(() => {
    driven.pass(10_000);
    return given.mark('a.db') === hex(3);
  });
  // No window of any level holds both, so that 3 stays a point for as long as the test may take.
  driven.pass(7_200_000);
  for (let i = 0; i < 2; i++) await given.send('a.db', model);
  // Until single transactions have gone, and files of several are all there is.
  await until(() => {
    driven.pass(600_000);
    return server.query('SELECT * FROM payload').length === 0;
  });
  for (const [method, path] of [
    ['POST', '/db/restore'],
    ['GET', '/db/restore/check'],
    ['GET', '/db/snapshot'],
  ] as const) {
    const answer = await client.send(method, `${path}?db=a.db&txid=${hex(4)}`);
    expect([answer.status, answer.json()['code']], path).toEqual([404, 'ENOTXID']);
    expect(answer.json()['nearest']).toMatchObject({ before: { txID: hex(3) }, after: { txID: hex(5) } });
  }
  expect((await client.positions())['a.db']?.slice(0, 16)).toBe(hex(5));
});

it('defect 14: what is no whole database is no upload, and no answer about points is wrong', async () => {
  await using server = await TestServer.start();
  const client = server.client('shop');
  const run = against(server);
  const image = sqliteImage();
  const upload = (body: Uint8Array, query = '') =>
    client.send('POST', `/db/upload?db=a.db${query}`, { body });
  const trailing = await upload(Buffer.concat([image, Buffer.from('more')]));
  expect([trailing.status, trailing.json()['code']]).toEqual([422, 'EBADDATABASE']);
  // A b-tree page that says it holds more cells than fit.
  const damaged = Buffer.from(image);
  damaged.fill(0xff, 4096, 4096 + 16);
  const unsound = await upload(damaged, '&check=quick');
  expect([unsound.status, unsound.json()['code']]).toEqual([422, 'EBADDATABASE']);
  expect(await client.positions()).toEqual({});

  expect((await upload(image)).status).toBe(200);
  const check = await run(['restore', 'a.db', '--txid', hex(255), '--check']);
  expect(check.code).toBe(3);
  expect(check.stderr).toContain('[ENOTXID]');
  const info = await run(['info', 'a.db', '--json']);
  expect(info.code).toBe(0);
  expect(info.stdout.match(/"[0-9a-f]{16}"/g)?.filter((text) => text === `"${hex(1)}"`)).toHaveLength(1);
  const unknown = await client.send('POST', '/db/restore?db=no.db&timestamp=2030-01-01T00:00:00Z');
  expect([unknown.status, unknown.json()['code']]).toEqual([404, 'ENODB']);
});
