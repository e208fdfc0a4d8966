import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('races');
});

afterAll(() => server[Symbol.asyncDispose]());

async function expectContent(db: string, model: ModelDatabase): Promise<void> {
  expect((await client.positions())[db]).toBe(formatPos(model.pos));
  const { bytes } = decodeSnapshot((await client.snapshot(db)).body);
  expect(sha256(bytes)).toBe(sha256(model.bytes()));
}

describe('connections', () => {
  it('carry many requests one behind the other', async () => {
    const single = server.client('races', 1);
    const model = new ModelDatabase({ pageSize: 512, seed: 30 });
    for (let i = 0; i < 50; i++) {
      expect((await single.post('kept.db', model.mutate().ltx)).status).toBe(200);
      if (i % 10 === 0) expect((await single.positions())['kept.db']).toBe(formatPos(model.pos));
    }
    await expectContent('kept.db', model);
  });

  it('may be pipelined: transactions are taken in their order', async () => {
    const model = new ModelDatabase({ pageSize: 512, seed: 31 });
    const files = Array.from({ length: 12 }, () => model.mutate().ltx);
    const socket = await RawSocket.open(server.port);
    const requests = files.map((ltx) =>
      Buffer.concat([
        Buffer.from(
          requestHead('POST', '/db/tx?db=pipelined.db', {
            authorization: 'cluster races',
            'content-length': String(ltx.byteLength),
          }),
        ),
        ltx,
      ]),
    );
    await socket.send(Buffer.concat(requests));
    const answers = [];
    for (const _ of files) answers.push((await socket.answer()).status);
    socket.vanish();
    expect(answers).toEqual(files.map(() => 200));
    await expectContent('pipelined.db', model);
  });

  it('of several databases at once do not disturb each other', async () => {
    const models = Array.from({ length: 12 }, (_, i) => new ModelDatabase({ pageSize: 512, seed: 40 + i }));
    await Promise.all(
      models.map(async (model, i) => {
        for (let n = 0; n < 20; n++) {
          expect((await client.post(`side-${i}.db`, model.mutate().ltx)).status).toBe(200);
        }
      }),
    );
    for (const [i, model] of models.entries()) await expectContent(`side-${i}.db`, model);
  });
});
