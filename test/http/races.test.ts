import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPos, formatTxid } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import { type Answer, type HttpClient, posText, type WirePos } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { chunk, LAST_CHUNK, RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { Primary } from './primary.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('races');
});

afterAll(() => server[Symbol.asyncDispose]());

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);
const mismatchOf = (answer: Answer): string => posText(answer.json<{ pos: WirePos }>().pos);
const transactionsOf = (db: string): number =>
  server.query<{ n: number }>(
    'SELECT count(*) AS n FROM event WHERE db = ? AND type = ?',
    db,
    'transaction.ingested',
  )[0]!.n;

/** A POST whose last bytes are held back: the server has begun with it and cannot finish. */
async function begin(
  db: string,
  ltx: Uint8Array,
): Promise<{ finish: () => Promise<number>; socket: RawSocket }> {
  const socket = await RawSocket.open(server.port);
  const head = requestHead('POST', `/db/tx?db=${db}`, {
    authorization: 'cluster races',
    'transfer-encoding': 'chunked',
  });
  await socket.send(head);
  await socket.send(chunk(ltx));
  const finish = async (): Promise<number> => {
    await socket.send(LAST_CHUNK);
    const { status } = await socket.answer();
    socket.vanish();
    return status;
  };
  return { finish, socket };
}

async function expectContent(db: string, model: ModelDatabase): Promise<void> {
  expect((await client.positions())[db]).toBe(formatPos(model.pos));
  const { bytes } = decodeSnapshot((await client.snapshot(db)).body);
  expect(sha256(bytes)).toBe(sha256(model.bytes()));
}

describe('the same file more than once', () => {
  it.each([2, 64])('%i copies at once are one transaction, and each is answered 200', async (copies) => {
    const db = `copies-${copies}.db`;
    const model = new ModelDatabase({ pageSize: 512, seed: copies });
    for (const { ltx } of [model.mutate(), model.mutate(), model.mutate()]) {
      const answers = await Promise.all(Array.from({ length: copies }, () => client.post(db, ltx)));
      expect(new Set(statuses(answers))).toEqual(new Set([200]));
      expect(new Set(answers.map(({ headers }) => headers['litefs-hwm']))).toEqual(
        new Set(['0000000000000000']),
      );
    }
    expect(transactionsOf(db)).toBe(3);
    await expectContent(db, model);
  });

  it('of which one is large and goes through the spool, leaves one file there', async () => {
    const model = new ModelDatabase({ pageSize: 65_536, seed: 5, compress: false });
    const { ltx } = model.commit({ commit: 8 });
    const before = (await server.spool()).length;
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.post('large.db', ltx)));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect((await server.spool()).length).toBe(before + 1);
    await expectContent('large.db', model);
  });

  it('is told of our position when it is older than that', async () => {
    const model = new ModelDatabase({ pageSize: 512, seed: 6 });
    const [first, second] = [model.mutate(), model.mutate()];
    for (const { ltx } of [first, second]) expect((await client.post('older.db', ltx)).status).toBe(200);
    for (const { ltx } of model.transactions.slice(0, 1)) {
      const answer = await client.post('older.db', ltx);
      expect([answer.status, mismatchOf(answer)]).toEqual([409, formatPos(model.pos)]);
    }
    expect(transactionsOf('older.db')).toBe(2);
  });
});

describe('an answer that is lost', () => {
  it('does not matter: the retry finds the position, or is the same file again', async () => {
    const primary = new Primary(client, 'lost.db', 7);
    for (let i = 0; i < 40; i++) {
      primary.write('change');
      await primary.pass(async (ltx) => {
        const { socket } = await begin('lost.db', ltx);
        await socket.send(LAST_CHUNK);
        socket.vanish();
        return null;
      });
      await primary.pass();
      expect(primary.losses).toEqual([]);
    }
    await primary.pass();
    await expectContent('lost.db', primary.model);
    expect(transactionsOf('lost.db')).toBe(40);
  });

  it('of a slow original that its retry overtakes harms neither', async () => {
    const primary = new Primary(client, 'slow.db', 8);
    primary.write('change');
    await primary.pass();
    primary.write('change');
    const original = await begin('slow.db', primary.model.transactions[1]!.ltx);
    expect((await primary.pass())?.status).toBe(200);
    primary.write('change');
    expect((await primary.pass())?.status).toBe(200);
    // Nobody waits for this answer any more; it must not be taken.
    expect(await original.finish()).toBe(409);
    await expectContent('slow.db', primary.model);
  });

  it('of an original that is committed after the retry asked for the position is the same file', async () => {
    const primary = new Primary(client, 'between.db', 9);
    primary.write('change');
    await primary.pass();
    primary.write('change');
    const original = await begin('between.db', primary.model.transactions[1]!.ltx);
    const answer = await primary.pass(async (ltx) => {
      expect(await original.finish()).toBe(200);
      return primary.post(ltx);
    });
    expect(answer?.status).toBe(200);
    await expectContent('between.db', primary.model);
  });

  it.each([
    ['a transaction', 1],
    ['the first snapshot', 0],
  ])('of %s, whose retry picked up newer ones, costs none of them', async (_, before) => {
    const db = `newer-${before}.db`;
    const primary = new Primary(client, db, 10 + before);
    for (let i = 0; i < before; i++) primary.write('change');
    await primary.pass();
    primary.write('change');
    const original = await begin(db, primary.model.transactions.at(-1)!.ltx);
    // The original is still on its way: the primary is told the position before it, and goes by that.
    primary.write('change');
    const answer = await primary.pass(async (ltx) => {
      expect(await original.finish()).toBe(200);
      return primary.post(ltx);
    });
    expect([answer?.status, answer?.json()['code']]).toEqual([503, 'EUNAVAILABLE']);
    expect(primary.losses).toEqual([]);
    expect((await primary.pass())?.status).toBe(200);
    await expectContent(db, primary.model);
  });
});

describe('a mismatch is told where it is one', () => {
  it('though the file goes beyond our position: it is of another history', async () => {
    const ours = new ModelDatabase({ pageSize: 512, seed: 20 });
    for (const { ltx } of [ours.mutate(), ours.mutate()]) await client.post('diverged.db', ltx);
    const theirs = new Primary(client, 'diverged.db', 21);
    for (let i = 0; i < 3; i++) theirs.write('change');
    const answer = await client.post(
      'diverged.db',
      (await theirs.next(formatPos(theirs.model.transactions[0]!.pos)))!,
    );
    expect([answer.status, mismatchOf(answer)]).toEqual([409, formatPos(ours.pos)]);
    const snapshot = await client.post('diverged.db', theirs.model.snapshot());
    expect([snapshot.status, mismatchOf(snapshot)]).toEqual([409, formatPos(ours.pos)]);
  });

  it.each([
    ['an import', '/db/upload?db=import.db', sqliteImage({ pageSize: 512, rows: 5 })],
    ['a restore', `/db/restore?txid=${formatTxid(1n)}&db=restore.db`, new Uint8Array()],
  ])(
    'though the file goes on from where %s did, and beyond: no answer to it was lost',
    async (_, url, body) => {
      const db = url.replace(/.*db=/, '');
      const primary = new Primary(client, db, 22);
      for (let i = 0; i < 2; i++) {
        primary.write('change');
        await primary.pass();
      }
      const before = formatPos(primary.model.pos);
      expect((await client.send('POST', url, { body })).status).toBe(200);
      const operated = (await client.positions())[db];
      for (let i = 0; i < 2; i++) primary.write('change');
      const answer = await client.post(db, (await primary.next(before))!);
      expect([answer.status, mismatchOf(answer)]).toEqual([409, operated]);
    },
  );
});
