import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('up');
});

afterAll(() => server[Symbol.asyncDispose]());

/** Nothing of a refused upload stays: no payload that no event names, and nothing to check. */
afterEach(async () => {
  const known = server.query<{ spool_name: string }>(
    'SELECT spool_name FROM payload WHERE spool_name IS NOT NULL',
  );
  expect(await server.spool()).toEqual(known.map(({ spool_name }) => spool_name).sort());
  expect(server.query("SELECT id FROM index_generation WHERE state = 'staged'")).toEqual([]);
});

const upload = (db: string, body: Uint8Array, suffix = ''): Promise<Answer> =>
  client.send('POST', `/db/upload?db=${db}${suffix}`, { body });

const outcomeOf = ({ status, body }: Answer): unknown => [status, JSON.parse(body.toString())];

/** Both formats give the image, and the snapshot stands where `/pos` says. */
async function expectContent(db: string, image: Uint8Array): Promise<void> {
  const sqlite = await client.snapshot(db, 'sqlite');
  expect(sqlite.status).toBe(200);
  expect(sha256(sqlite.body)).toBe(sha256(image));
  const { header, postApplyChecksum, bytes } = decodeSnapshot((await client.snapshot(db)).body);
  expect(sha256(bytes)).toBe(sha256(image));
  const pos = formatPos({ txid: header.maxTxid, checksum: postApplyChecksum });
  expect((await client.positions())[db]).toBe(pos);
}

describe('POST /db/upload', () => {
  it('makes a new database of a file, and answers as the protocol has it', async () => {
    const image = sqliteImage();
    const answer = await upload('new.db', image);
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe('{\n  "txID": "0000000000000001"\n}');
    expect(answer.headers['lfsb-journal-mode']).toBeUndefined();
    await expectContent('new.db', image);
  });

  it('takes another file as the next transaction, and the same file too', async () => {
    const [first, second] = [sqliteImage({ rows: 400 }), sqliteImage({ rows: 3, seed: 2 })];
    expect(outcomeOf(await upload('next.db', first))).toEqual([200, { txID: '0000000000000001' }]);
    expect(outcomeOf(await upload('next.db', second))).toEqual([200, { txID: '0000000000000002' }]);
    expect(outcomeOf(await upload('next.db', second))).toEqual([200, { txID: '0000000000000003' }]);
    await expectContent('next.db', second);
    expect(outcomeOf(await upload('next.db', first))).toEqual([200, { txID: '0000000000000004' }]);
    await expectContent('next.db', first);
  });

  it('goes on from what a primary has sent, and the primary from what was imported', async () => {
    const model = new ModelDatabase({ pageSize: 512, seed: 3 });
    for (let i = 0; i < 5; i++) model.mutate();
    for (const { ltx } of model.transactions) expect((await client.post('chain.db', ltx)).status).toBe(200);
    const image = sqliteImage({ pageSize: 512 });
    expect(outcomeOf(await upload('chain.db', image))).toEqual([200, { txID: '0000000000000006' }]);
    await expectContent('chain.db', image);
  });

  it.each([512, 1024, 8192, 32_768, 65_536])('takes pages of %i bytes', async (pageSize) => {
    const image = sqliteImage({ pageSize, rows: 500 });
    expect((await upload(`size-${pageSize}.db`, image)).status).toBe(200);
    await expectContent(`size-${pageSize}.db`, image);
  });

  it('takes a file whose page checksums are staged ahead of its commit, again and again', async () => {
    const [first, second] = [
      sqliteImage({ pageSize: 512, rows: 60_000 }),
      sqliteImage({ pageSize: 512, rows: 50_000, seed: 9 }),
    ];
    expect(first.byteLength / 512).toBeGreaterThan(2 * 30_720 * 0.6);
    for (const image of [first, second]) {
      expect((await upload('large.db', image)).status).toBe(200);
      await expectContent('large.db', image);
    }
  });

  it('says in the log and in an event what was imported', async () => {
    const image = sqliteImage({ seed: 5 });
    await upload('told.db', image);
    expect(server.logs.find(({ msg, db }) => msg === 'database imported' && db === 'told.db')).toMatchObject({
      level: 'info',
      cluster: 'up',
      txid: '0000000000000001',
      size: image.byteLength,
      created: true,
    });
    const events = server.query<{ type: string; canonical: string }>(
      "SELECT type, canonical FROM event WHERE cluster = 'up' AND db = 'told.db' ORDER BY seq",
    );
    expect(events.map(({ type }) => type)).toEqual(['database.created', 'transaction.imported']);
    expect(JSON.parse(events[1]!.canonical)).toMatchObject({
      actor: { cluster: 'up' },
      body: {
        commit: image.byteLength / 4096,
        source: { sizeBytes: String(image.byteLength), sha256: sha256(image) },
        journalMode: 'rollback',
        journalModeForced: false,
      },
    });
  });

  it('is found again after a restart', async () => {
    const image = sqliteImage({ rows: 900, seed: 6 });
    await upload('kept.db', image);
    await server.restart();
    await expectContent('kept.db', image);
    expect(server.query('SELECT * FROM database WHERE db = ?', 'kept.db')).toMatchObject([
      { journal_mode: 'rollback', page_size: 4096 },
    ]);
  });

  it.each([
    ['/db/upload', 400, 'EBADDB'],
    ['/db/upload?db=.hidden', 400, 'EBADDB'],
    ['/db/upload?db=a.db&check=full', 400, 'EBADINPUT'],
  ])('answers %s with %i %s', async (path, status, code) => {
    const answer = await client.send('POST', path, { body: sqliteImage() });
    expect([answer.status, answer.json()['code']]).toEqual([status, code]);
  });
});
