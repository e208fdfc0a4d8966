import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RESTORES_MAX } from '../../src/engine/restore/limits.ts';
import { formatPos, formatTxid, parseTxid } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';
import { expectNothingLeft } from './left-behind.ts';

/** Pages of a database that takes longer to build than a transaction to come. */
const LARGE = 64_000;

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('race');
});

afterAll(() => server[Symbol.asyncDispose]());

afterEach(() => expect.poll(() => expectNothingLeft(server).then(() => true), { timeout: 5_000 }).toBe(true));

const hex = (txid: number): string => formatTxid(BigInt(txid));

const restore = (db: string, txid: number): Promise<Answer> =>
  client.send('POST', `/db/restore?db=${db}&txid=${hex(txid)}`);

/** Events of one type under a name, oldest first. */
const events = (db: string, type: string): Record<string, unknown>[] =>
  server
    .query<{ canonical: string }>(
      'SELECT canonical FROM event WHERE db = ? AND type = ? ORDER BY seq',
      db,
      type,
    )
    .map(({ canonical }) => JSON.parse(canonical).body);

/** A large database that was sent: first every page of one kind, then one page of another. */
async function large(db: string): Promise<{ model: ModelDatabase; first: string }> {
  const model = new ModelDatabase({ pageSize: 512, seed: 1 });
  expect((await client.post(db, model.commit({ commit: LARGE }).ltx)).status).toBe(200);
  const first = sha256(model.bytes());
  const all = Array.from({ length: LARGE }, (_, i): [number, Uint8Array] => [
    i + 1,
    new Uint8Array(512).fill(i),
  ]);
  expect((await client.post(db, model.commit({ pages: all }).ltx)).status).toBe(200);
  return { model, first };
}

/** Sends transactions without a pause until one is not taken, or until told to stop. */
async function write(db: string, model: ModelDatabase, stopped: () => boolean): Promise<number> {
  for (let taken = 0; ; taken++) {
    const { ltx } = model.commit({ pages: [[1 + (taken % 9), new Uint8Array(512).fill(taken % 200)]] });
    if (stopped() || (await client.post(db, ltx)).status !== 200) return taken;
  }
}

/** What the server holds is the target, at the position that it tells. */
async function expectRestored(db: string, digest: string, txid: string): Promise<void> {
  const { header, bytes, postApplyChecksum } = decodeSnapshot((await client.snapshot(db)).body);
  expect(sha256(bytes)).toBe(digest);
  expect(formatTxid(header.maxTxid)).toBe(txid);
  expect((await client.positions())[db]).toBe(
    formatPos({ txid: header.maxTxid, checksum: postApplyChecksum }),
  );
}

describe('a restore while other things happen', () => {
  it('comes through while its primary writes without a pause', async () => {
    const { model, first } = await large('busy.db');
    let done = false;
    const writing = write('busy.db', model, () => done);
    const answer = await restore('busy.db', 1);
    done = true;
    const taken = await writing;
    expect(answer.status, answer.body.toString()).toBe(200);
    expect(taken).toBeGreaterThan(3);
    const { txID } = answer.json<{ txID: string }>();
    await expectRestored('busy.db', first, txID);
    const [body] = events('busy.db', 'transaction.restored');
    expect(body).toMatchObject({ minTxid: txID, commit: LARGE, target: { txid: hex(1) } });
    // However often it was made again, each transaction before it is there.
    expect(parseTxid(txID)).toBeGreaterThan(2n + BigInt(taken) - 1n);
  });

  it('takes its turn with another one of the same database', async () => {
    const model = new ModelDatabase({ pageSize: 512, seed: 2 });
    for (let i = 0; i < 6; i++) await client.post('twice.db', model.mutate().ltx);
    const answers = await Promise.all([2, 3, 2, 3, 4, 5].map((txid) => restore('twice.db', txid)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    const txids = answers.map((answer) => answer.json<{ txID: string }>().txID).sort();
    expect(txids).toEqual([7, 8, 9, 10, 11, 12].map(hex));
    for (const body of events('twice.db', 'transaction.restored')) {
      const { txid } = body['target'] as { txid: string };
      const [point, target] = await Promise.all(
        [body['maxTxid'], txid].map((at) =>
          client.send('GET', `/db/snapshot?db=twice.db&format=sqlite&txid=${at}`),
        ),
      );
      expect(sha256(point!.body)).toBe(sha256(target!.body));
    }
  });

  it('waits for its turn behind others', async () => {
    const { first } = await large('turn.db');
    const checks = Array.from({ length: 3 * RESTORES_MAX }, () =>
      client.send('GET', `/db/restore/check?db=turn.db&txid=${hex(1)}`),
    );
    const answers = [...(await Promise.all(checks)), await restore('turn.db', 1)];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await expectRestored('turn.db', first, hex(3));
  });

  it('is refused when the database is deleted meanwhile', async () => {
    await large('gone.db');
    const restoring = restore('gone.db', 1);
    expect((await client.send('DELETE', '/db?db=gone.db')).status).toBe(200);
    const answer = await restoring;
    expect([answer.status, answer.json()['code']]).toEqual([404, 'ENODB']);
    expect(events('gone.db', 'transaction.restored')).toEqual([]);
  });

  it('does not bring back what was deleted and has come again meanwhile', async () => {
    const { model } = await large('again.db');
    const snapshot = model.snapshot();
    const restoring = restore('again.db', 1);
    expect((await client.send('DELETE', '/db?db=again.db')).status).toBe(200);
    expect((await client.post('again.db', snapshot)).status).toBe(200);
    expect([(await restoring).status, events('again.db', 'transaction.restored')]).toEqual([404, []]);
    expect((await client.positions())['again.db']).toBe(formatPos(model.pos));
  });

  it.each(['POST', 'GET'] as const)('ends when its client is gone: %s', async (method) => {
    const db = `left-${method}.db`;
    const { model } = await large(db);
    const socket = await RawSocket.open(server.port);
    const path = `/db/restore${method === 'GET' ? '/check' : ''}?db=${db}&txid=${hex(1)}`;
    await socket.send(`${requestHead(method, path, { authorization: 'cluster race' })}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.vanish();
    // The permit is free again: others are not held up by those that nobody waits for.
    const check = await client.send('GET', `/db/restore/check?db=${db}&txid=${hex(2)}`);
    expect(check.status).toBe(200);
    expect(events(db, 'transaction.restored')).toEqual([]);
    expect((await client.positions())[db]).toBe(formatPos(model.pos));
  });
});
