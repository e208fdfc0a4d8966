import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatChecksum, formatPos, formatTxid, mergeLtx } from '../../src/ltx/index.ts';
import { collect, sourceOf } from '../ltx/reading.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { expectNothingLeft } from './left-behind.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('back');
});

afterAll(() => server[Symbol.asyncDispose]());

afterEach(() => expectNothingLeft(server));

const hex = (txid: number): string => formatTxid(BigInt(txid));

const restore = (db: string, point: string): Promise<Answer> =>
  client.send('POST', `/db/restore?db=${db}&${point}`);
const check = (db: string, point: string): Promise<Answer> =>
  client.send('GET', `/db/restore/check?db=${db}&${point}`);
const at = (db: string, txid: number, format: 'ltx' | 'sqlite' = 'sqlite'): Promise<Answer> =>
  client.send('GET', `/db/snapshot?db=${db}&format=${format}&txid=${hex(txid)}`);

const outcomeOf = ({ status, body }: Answer): unknown => [status, JSON.parse(body.toString())];

/** A database whose transactions were all sent, and its content after each. */
class Sent {
  readonly db: string;
  readonly model: ModelDatabase;
  readonly contents: Uint8Array[] = [];

  constructor(db: string, pageSize = 512) {
    this.db = db;
    this.model = new ModelDatabase({ pageSize, seed: db.length });
  }

  async send(...changes: readonly Parameters<ModelDatabase['commit']>[0][]): Promise<this> {
    for (const change of changes) await this.#post(this.model.commit(change).ltx);
    return this;
  }

  async mutate(times: number): Promise<this> {
    for (let i = 0; i < times; i++) await this.#post(this.model.mutate().ltx);
    return this;
  }

  async drop(): Promise<this> {
    await this.#post(this.model.drop().ltx);
    return this;
  }

  async #post(ltx: Uint8Array): Promise<void> {
    const answer = await client.post(this.db, ltx);
    expect(answer.status, answer.body.toString()).toBe(200);
    this.contents.push(this.model.bytes());
  }

  /** What the transaction of a TXID left. */
  content(txid: number): Uint8Array {
    return this.contents[txid - 1]!;
  }
}

/** Both formats give the content, at the position that `/pos` tells. */
async function expectContent(db: string, content: Uint8Array): Promise<void> {
  const { header, postApplyChecksum, bytes } = decodeSnapshot((await client.snapshot(db)).body);
  expect(sha256(bytes)).toBe(sha256(content));
  expect((await client.positions())[db]).toBe(
    formatPos({ txid: header.maxTxid, checksum: postApplyChecksum }),
  );
  if (content.byteLength > 0)
    expect(sha256((await client.snapshot(db, 'sqlite')).body)).toBe(sha256(content));
}

const lastEvent = (db: string): { type: string; actor: unknown; body: Record<string, unknown> } =>
  JSON.parse(
    server.query<{ canonical: string }>(
      'SELECT canonical FROM event WHERE db = ? ORDER BY seq DESC LIMIT 1',
      db,
    )[0]!.canonical,
  );

describe('POST /db/restore', () => {
  it('appends the content of a point as the next transaction, and says so on record', async () => {
    const sent = await new Sent('plain.db').mutate(8);
    const answer = await restore('plain.db', `txid=${hex(3)}`);
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe('{\n  "txID": "0000000000000009"\n}');
    expect(answer.headers['lfsb-journal-mode']).toBeUndefined();
    await expectContent('plain.db', sent.content(3));
    const target = sent.model.transactions[2]!;
    expect(lastEvent('plain.db')).toMatchObject({
      type: 'transaction.restored',
      actor: { cluster: 'back', request: answer.headers['x-request-id'] },
      body: {
        minTxid: hex(9),
        maxTxid: hex(9),
        preApplyChecksum: formatChecksum(sent.model.pos.checksum),
        postApplyChecksum: formatChecksum(target.pos.checksum),
        target: { txid: hex(3), checksum: formatChecksum(target.pos.checksum) },
        journalModeForced: false,
      },
    });
    expect(server.logs.find(({ msg, db }) => msg === 'database restored' && db === 'plain.db')).toMatchObject(
      {
        cluster: 'back',
        target: hex(3),
        txid: hex(9),
      },
    );
  });

  it('holds the pages that differ and no others', async () => {
    const page = (byte: number): Uint8Array => new Uint8Array(512).fill(byte);
    const sent = await new Sent('few.db').send(
      { commit: 40 },
      { pages: [[7, page(1)]] },
      { pages: [[9, page(2)]] },
    );
    await sent.send(
      { pages: [[7, page(3)]] },
      {
        pages: [
          [7, page(1)],
          [20, page(4)],
        ],
      },
    );
    expect((await restore('few.db', `txid=${hex(3)}`)).status).toBe(200);
    expect(lastEvent('few.db').body).toMatchObject({ pages: 1, commit: 40 });
    await expectContent('few.db', sent.content(3));
    expect((await restore('few.db', `txid=${hex(3)}`)).json()).toEqual({ txID: hex(7) });
    expect(lastEvent('few.db').body).toMatchObject({ pages: 0, commit: 40 });
    await expectContent('few.db', sent.content(3));
  });

  it('goes by contents: two pages that have changed places have the same database checksum', async () => {
    const [one, two] = [new Uint8Array(512).fill(3), new Uint8Array(512).fill(4)];
    const sent = await new Sent('swap.db').send(
      {
        pages: [
          [1, one],
          [2, two],
        ],
      },
      {
        pages: [
          [1, two],
          [2, one],
        ],
      },
    );
    const [before, after] = sent.model.transactions;
    expect(before!.pos.checksum).toBe(after!.pos.checksum);
    expect((await restore('swap.db', `txid=${hex(1)}`)).json()).toEqual({ txID: hex(3) });
    await expectContent('swap.db', sent.content(1));
    expect(lastEvent('swap.db').body).toMatchObject({ pages: 2 });
  });

  it('does nothing at the current TXID, and answers it', async () => {
    await new Sent('now.db').mutate(4);
    const before = lastEvent('now.db');
    expect(outcomeOf(await restore('now.db', `txid=${hex(4)}`))).toEqual([200, { txID: hex(4) }]);
    expect(outcomeOf(await restore('now.db', 'timestamp=2101-01-01T00:00:00Z'))).toEqual([
      200,
      { txID: hex(4) },
    ]);
    expect(lastEvent('now.db')).toEqual(before);
  });

  it('takes the last point that is not after a time', async () => {
    const sent = await new Sent('time.db').mutate(5);
    expect(outcomeOf(await restore('time.db', 'timestamp=2024-01-17T23:00:03.999Z'))).toEqual([
      200,
      { txID: hex(6) },
    ]);
    await expectContent('time.db', sent.content(3));
    const zone = encodeURIComponent('2024-01-18T01:00:02+02:00');
    expect(outcomeOf(await check('time.db', `timestamp=${zone}`))).toEqual([
      200,
      { timestamp: '2024-01-17T23:00:02.000Z', txID: hex(2) },
    ]);
  });

  it('shrinks and grows', async () => {
    const sent = await new Sent('size.db').send({ commit: 3 }, { commit: 60 }, { commit: 9 });
    for (const [txid, next] of [
      [1, 4],
      [2, 5],
      [3, 6],
      [2, 7],
      [1, 8],
    ] as const) {
      expect(outcomeOf(await restore('size.db', `txid=${hex(txid)}`))).toEqual([200, { txID: hex(next) }]);
      await expectContent('size.db', sent.content(txid));
    }
  });

  it('brings a dropped database back, and drops one again', async () => {
    const sent = await (await new Sent('drop.db').mutate(3)).drop();
    expect(outcomeOf(await restore('drop.db', `txid=${hex(3)}`))).toEqual([200, { txID: hex(5) }]);
    await expectContent('drop.db', sent.content(3));
    expect(outcomeOf(await restore('drop.db', `txid=${hex(4)}`))).toEqual([200, { txID: hex(6) }]);
    await expectContent('drop.db', new Uint8Array(0));
    const sqlite = await client.snapshot('drop.db', 'sqlite');
    expect([sqlite.status, sqlite.json()]).toEqual([
      404,
      { code: 'ENODB', error: 'database not found', hint: 'it was dropped by its primary' },
    ]);
    expect(outcomeOf(await restore('drop.db', `txid=${hex(5)}`))).toEqual([200, { txID: hex(7) }]);
    await expectContent('drop.db', sent.content(3));
  });

  it('refuses a point of another page size, which still can be exported', async () => {
    const sent = await (await new Sent('other.db').mutate(3)).drop();
    await sent.send({ commit: 4, pageSize: 1024 });
    for (const ask of [restore, check]) {
      expect(outcomeOf(await ask('other.db', `txid=${hex(2)}`))).toMatchObject([
        422,
        { code: 'EBADHEADER', error: 'page size mismatch' },
      ]);
    }
    expect((await client.positions())['other.db']).toBe(formatPos(sent.model.pos));
    expect(sha256((await at('other.db', 2)).body)).toBe(sha256(sent.content(2)));
  });

  it('restores a database whose page checksums are staged ahead of its commit', async () => {
    const page = new Uint8Array(512).fill(7);
    const sent = await new Sent('large.db').send({ commit: 64_000 }, { pages: [[1, page]], commit: 2 });
    expect(outcomeOf(await restore('large.db', `txid=${hex(1)}`))).toEqual([200, { txID: hex(3) }]);
    await expectContent('large.db', sent.content(1));
    const dropped = await (await new Sent('again.db').send({ commit: 64_000 })).drop();
    expect(outcomeOf(await restore('again.db', `txid=${hex(1)}`))).toEqual([200, { txID: hex(3) }]);
    await expectContent('again.db', dropped.content(1));
  });

  it('makes page checksums whole again that were damaged', async () => {
    const sent = await new Sent('index.db').mutate(5);
    const damaged = 'UPDATE page_checksums SET sums = zeroblob(length(sums)) WHERE id / 16777216 = ?';
    const [row] = server.query<{ id: number }>(
      "SELECT id FROM index_generation WHERE stream = 'db/back/index.db/1'",
    );
    await server.stop();
    server.damage(damaged, row!.id);
    await server.start();
    expect(outcomeOf(await restore('index.db', `txid=${hex(2)}`))).toEqual([200, { txID: hex(6) }]);
    await expectContent('index.db', sent.content(2));
    expect((await restore('index.db', `txid=${hex(4)}`)).json()).toEqual({ txID: hex(7) });
    await expectContent('index.db', sent.content(4));
  });

  it('is found again after a restart', async () => {
    const sent = await new Sent('kept.db').mutate(5);
    expect((await restore('kept.db', `txid=${hex(2)}`)).status).toBe(200);
    await server.restart();
    await expectContent('kept.db', sent.content(2));
    expect((await restore('kept.db', `txid=${hex(4)}`)).json()).toEqual({ txID: hex(7) });
    await expectContent('kept.db', sent.content(4));
  });

  it('is picked up by a primary, which goes on from there', async () => {
    const sent = await new Sent('primary.db').mutate(6);
    expect((await restore('primary.db', `txid=${hex(2)}`)).json()).toEqual({ txID: hex(7) });
    // Ahead of the primary: it takes the snapshot instead of sending.
    expect((await client.positions())['primary.db']?.slice(0, 16)).toBe(hex(7));
    const { header, bytes, postApplyChecksum } = decodeSnapshot((await client.snapshot('primary.db')).body);
    const { model } = sent;
    model.pages.clear();
    model.commitPages = header.commit;
    for (let page = 1; page <= header.commit; page++) {
      model.pages.set(page, bytes.slice((page - 1) * 512, page * 512));
    }
    model.pos = { txid: header.maxTxid, checksum: postApplyChecksum };
    for (let i = 0; i < 4; i++)
      expect((await client.post('primary.db', model.mutate().ltx)).status).toBe(200);
    await expectContent('primary.db', model.bytes());
  });
});

describe('GET /db/restore/check', () => {
  it('proves a point by building it, and changes nothing', async () => {
    await new Sent('check.db').mutate(4);
    const before = lastEvent('check.db');
    expect((await check('check.db', `txid=${hex(2)}`)).body.toString()).toBe(
      '{\n  "timestamp": "2024-01-17T23:00:02.000Z",\n  "txID": "0000000000000002"\n}',
    );
    expect(lastEvent('check.db')).toEqual(before);
  });

  it('finds what was damaged where it is stored', async () => {
    await new Sent('bad.db').mutate(4);
    server.damage(
      `UPDATE payload_bytes SET bytes = zeroblob(length(bytes)) WHERE seq =
         (SELECT seq FROM payload WHERE stream = 'db/back/bad.db/1' AND max_txid = ?)`,
      hex(2),
    );
    expect(outcomeOf(await check('bad.db', `txid=${hex(1)}`))).toMatchObject([200, { txID: hex(1) }]);
    for (const answer of [
      await check('bad.db', `txid=${hex(3)}`),
      await restore('bad.db', `txid=${hex(3)}`),
    ]) {
      expect(outcomeOf(answer)).toMatchObject([500, { code: 'ECORRUPT' }]);
    }
    expect((await client.positions())['bad.db']?.slice(0, 16)).toBe(hex(4));
  });

  it('14: says no to a TXID in the future', async () => {
    await new Sent('future.db').mutate(2);
    expect((await check('future.db', 'txid=00000000000fffff')).status).toBe(404);
  });
});

describe('a point of a database', () => {
  it('is sent as a snapshot, in both formats', async () => {
    const sent = await (await new Sent('export.db').mutate(3)).drop();
    for (const txid of [1, 2, 3]) {
      expect(sha256((await at('export.db', txid)).body)).toBe(sha256(sent.content(txid)));
      const { header, bytes } = decodeSnapshot((await at('export.db', txid, 'ltx')).body);
      expect(header).toMatchObject({ minTxid: 1n, maxTxid: BigInt(txid) });
      expect(sha256(bytes)).toBe(sha256(sent.content(txid)));
    }
    const time = await client.send(
      'GET',
      '/db/snapshot?db=export.db&format=sqlite&timestamp=2024-01-17T23:00:02.5Z',
    );
    expect(sha256(time.body)).toBe(sha256(sent.content(2)));
    expect(decodeSnapshot((await at('export.db', 4, 'ltx')).body).header).toMatchObject({
      commit: 0,
      maxTxid: 4n,
    });
    expect(outcomeOf(await at('export.db', 4))).toMatchObject([404, { code: 'ENODB' }]);
  });

  it('1: is refused, the nearest ones named, where a file of several transactions goes over it', async () => {
    const { model } = await new Sent('merged.db').mutate(2);
    const files = [model.mutate(), model.mutate(), model.mutate()].map(({ ltx }) => sourceOf(ltx));
    const merged = await collect(mergeLtx(files, { compress: true }));
    expect((await client.post('merged.db', merged)).status).toBe(200);
    for (const path of ['GET /db/restore/check', 'POST /db/restore', 'GET /db/snapshot']) {
      const [method = '', route = ''] = path.split(' ');
      const answer = await client.send(method, `${route}?db=merged.db&txid=${hex(3)}`);
      expect(outcomeOf(answer)).toEqual([
        404,
        {
          code: 'ENOTXID',
          error: 'tx not available',
          hint: `the nearest restore points are ${hex(2)} (2024-01-17T23:00:02.000Z), before it, and ${hex(5)} (2024-01-17T23:00:05.000Z), after it`,
          nearest: {
            before: { txID: hex(2), timestamp: '2024-01-17T23:00:02.000Z' },
            after: { txID: hex(5), timestamp: '2024-01-17T23:00:05.000Z' },
          },
        },
      ]);
    }
  });
});

describe('what is no point', () => {
  beforeAll(async () => {
    await new Sent('two.db').mutate(2);
  });

  const routes = ['GET /db/restore/check', 'POST /db/restore'] as const;
  const both = "can't specify both 'txid' and 'timestamp'";
  const required = "'txid' or 'timestamp' required";
  const now = '2024-01-17T23:00:02Z';

  it.each([
    ['db=two.db&txid=xyz', 400, 'EBADINPUT', 'invalid txid'],
    ['db=two.db&txid=5', 400, 'EBADINPUT', 'invalid txid'],
    ['db=two.db&txid=00000000000000001', 400, 'EBADINPUT', 'invalid txid'],
    ['db=two.db&txid=0x00000000000001', 400, 'EBADINPUT', 'invalid txid'],
    ['db=two.db&timestamp=yesterday', 400, 'EBADINPUT', 'invalid timestamp'],
    ['db=two.db&timestamp=2026-11-22T02:35:44', 400, 'EBADINPUT', 'invalid timestamp'],
    ['db=two.db&timestamp=2026-02-30T00:00:00Z', 400, 'EBADINPUT', 'invalid timestamp'],
    [`db=two.db&txid=0000000000000001&timestamp=${now}`, 400, 'EBADINPUT', both],
    ['db=two.db', 400, 'EBADINPUT', required],
    ['db=two.db&txid=', 400, 'EBADINPUT', required],
    ['db=two.db&txid=0000000000000000', 400, 'EBADINPUT', required],
    ['db=two.db&txid=00000000000fffff', 404, 'ENOTXID', 'tx not available'],
    ['db=two.db&txid=FFFFFFFFFFFFFFFF', 404, 'ENOTXID', 'tx not available'],
    ['db=two.db&timestamp=2001-01-01T00:00:00Z', 404, 'ENOTIMESTAMP', 'timestamp not available'],
    ['db=unknown.db&txid=0000000000000001', 404, 'ENODB', 'database not found'],
    ['db=unknown.db&timestamp=2101-01-01T00:00:00Z', 404, 'ENODB', 'database not found'],
    ['txid=0000000000000001', 400, 'EBADDB', 'database required'],
    ['db=a/b&txid=0000000000000001', 400, 'EBADDB', 'invalid database name: "a/b"'],
  ])('%s is refused with %i %s', async (query, status, code, error) => {
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      expect(outcomeOf(await client.send(method, `${path}?${query}`))).toMatchObject([
        status,
        { code, error },
      ]);
    }
  });

  it('a TXID may be written in capitals, and zero goes with a timestamp', async () => {
    await new Sent('caps.db').mutate(11);
    expect(outcomeOf(await check('caps.db', 'txid=000000000000000A'))).toMatchObject([
      200,
      { txID: hex(10) },
    ]);
    expect(outcomeOf(await check('two.db', `txid=${hex(0)}&timestamp=${now}`))).toMatchObject([
      200,
      { txID: hex(2) },
    ]);
    const snapshot = await client.send('GET', `/db/snapshot?db=two.db&txid=${hex(0)}`);
    expect(decodeSnapshot(snapshot.body).header.maxTxid).toBe(2n);
  });
});
