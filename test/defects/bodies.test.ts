import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import { lfsb } from '../support/cli.ts';
import { buildLtx } from '../support/ltx-fixtures.ts';
import { Random } from '../support/random.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { database } from './given.ts';

it('defect 10: a download that fails is an error, or breaks off, and the command keeps no part of it', async () => {
  await using server = await TestServer.start();
  const client = server.client('shop');
  const model = database();
  for (let i = 0; i < 3; i++) expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
  server.damage('UPDATE payload_bytes SET bytes = zeroblob(length(bytes))');
  for (const format of ['ltx', 'sqlite'] as const) {
    const answer = await client.snapshot('a.db', format);
    expect([answer.status, answer.json()['code']]).toEqual([500, 'ECORRUPT']);
  }

  // A server that answers 200, sends a part, and then says what went wrong, as litefs-backup does.
  const lying = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.write(sqliteImage().subarray(0, 5_000));
    response.end('{"code":"EINTERNAL","error":"internal error"}');
  }).listen(0, '127.0.0.1');
  await once(lying, 'listening');
  try {
    const { port } = lying.address() as { port: number };
    const env = { LFSB_ENDPOINT: `http://127.0.0.1:${port}`, LFSB_CLUSTER: 'shop' };
    for (const format of ['ltx', 'sqlite']) {
      const folder = tempDir();
      const { code } = await lfsb(['export', 'a.db', '-f', format, '-o', join(folder, 'out.db')], { env });
      expect(code).not.toBe(0);
      expect(readdirSync(folder)).toEqual([]);
    }
  } finally {
    lying.close();
  }
});

it('defect 11: commit 0 and another page size are taken, and what is malformed is the sender’s fault', async () => {
  await using server = await TestServer.start();
  const client = server.client('shop');
  // Created and dropped before its first send.
  const brief = buildLtx({ pageSize: 4096, minTxid: 1n, maxTxid: 2n, commit: 0 });
  expect((await client.post('brief.db', brief)).status).toBe(200);

  const model = database(512);
  model.mutate();
  model.drop();
  model.commit({ pageSize: 4096, commit: 3 });
  for (const { ltx } of model.transactions) expect((await client.post('a.db', ltx)).status).toBe(200);
  const before = await client.positions();
  expect(before['a.db']).toBe(formatPos(model.pos));

  const { ltx } = model.mutate();
  const noise = new Random(1).bytes(500);
  for (const body of [noise, ltx.subarray(0, 50), ltx.subarray(0, -1), Buffer.concat([ltx, noise])]) {
    const answer = await client.post('a.db', body);
    expect([answer.status, answer.json()['code']]).toEqual([400, 'EBADLTX']);
  }
  for (const body of [noise, sqliteImage().subarray(0, 5_000), Buffer.alloc(0)]) {
    expect((await client.send('POST', '/db/upload?db=b.db', { body })).status).toBe(422);
  }
  expect(await client.positions()).toEqual(before);
  expect((await client.post('a.db', ltx)).status).toBe(200);
});
