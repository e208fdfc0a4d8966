import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPos, formatTxid } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { buildLtx, ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { inWalMode, sqliteImage } from '../support/sqlite-image.ts';

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('modes');
});

afterAll(() => server[Symbol.asyncDispose]());

type Mode = 'wal' | 'rollback';
const MODES: readonly Mode[] = ['wal', 'rollback'];
const PAGE_SIZE = 4096;

const hex = (txid: number): string => formatTxid(BigInt(txid));

/** The pages of a SQLite file, as a primary would send them. */
const pagesOf = (image: Uint8Array): [number, Uint8Array][] =>
  Array.from({ length: image.byteLength / PAGE_SIZE }, (_, i) => [
    i + 1,
    image.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE),
  ]);

/** A database that was the one image first and is the other now, both as real SQLite writes them. */
async function database(db: string, target: Uint8Array, live: Uint8Array): Promise<ModelDatabase> {
  const model = new ModelDatabase({ pageSize: PAGE_SIZE });
  for (const image of [target, live]) {
    const { ltx } = model.commit({ pages: pagesOf(image), commit: image.byteLength / PAGE_SIZE });
    expect((await client.post(db, ltx)).status).toBe(200);
  }
  return model;
}

const restore = (db: string): Promise<Answer> => client.send('POST', `/db/restore?db=${db}&txid=${hex(1)}`);

const recorded = (db: string): { journal_mode: string; body: Record<string, unknown> } => {
  const [row] = server.query<{ journal_mode: string; canonical: string }>(
    `SELECT journal_mode, canonical FROM database JOIN event USING (cluster, db)
     WHERE db = ? ORDER BY seq DESC LIMIT 1`,
    db,
  );
  return { journal_mode: row!.journal_mode, ...JSON.parse(row!.canonical) };
};

/** What the server tells is what it holds, and a primary can go on from it. */
async function expectLive(db: string, content: Uint8Array): Promise<void> {
  expect(sha256((await client.snapshot(db, 'sqlite')).body)).toBe(sha256(content));
  const { header, postApplyChecksum, bytes } = decodeSnapshot((await client.snapshot(db)).body);
  expect(sha256(bytes)).toBe(sha256(content));
  const pos = { txid: header.maxTxid, checksum: postApplyChecksum };
  expect((await client.positions())[db]).toBe(formatPos(pos));
  const next = buildLtx({
    pageSize: PAGE_SIZE,
    minTxid: pos.txid + 1n,
    commit: header.commit,
    pre: pos.checksum,
    post: pos.checksum,
  });
  expect((await client.post(db, next)).status).toBe(200);
}

describe.each(MODES)('a live database in %s mode', (live) => {
  describe.each(MODES)('set back to a point in %s mode', (target) => {
    const forced = live === 'wal' && target === 'rollback';
    const images = {
      live: sqliteImage({ mode: live, rows: 90, seed: 2 }),
      target: sqliteImage({ mode: target }),
    };
    const restored = forced ? inWalMode(images.target) : images.target;

    it(forced ? 'stays in WAL mode, and is told so' : 'is what it was then, byte for byte', async () => {
      const db = `${live}-${target}.db`;
      const model = await database(db, images.target, images.live);
      const answer = await restore(db);
      expect(answer.json()).toEqual({ txID: hex(3), ...(forced ? { journalMode: 'wal' } : {}) });
      expect(answer.headers['lfsb-journal-mode']).toBe(forced ? 'wal' : undefined);
      const { journal_mode, body } = recorded(db);
      expect(journal_mode).toBe(forced ? 'wal' : target);
      expect(body).toMatchObject({ journalModeForced: forced });
      const wanted = model.transactions[0]!.pos.checksum.toString(16);
      expect(body['postApplyChecksum'] === wanted).toBe(!forced);
      await expectLive(db, restored);
    });

    it('is found as it was by a check, an export and the next restore', async () => {
      const db = `${live}-${target}-twice.db`;
      await database(db, images.target, images.live);
      expect((await restore(db)).status).toBe(200);
      const point = `db=${db}&txid=${hex(1)}`;
      expect((await client.send('GET', `/db/restore/check?${point}`)).json()).toMatchObject({ txID: hex(1) });
      const exported = await client.send('GET', `/db/snapshot?${point}&format=sqlite`);
      expect(sha256(exported.body)).toBe(sha256(images.target));
      expect((await restore(db)).json()).toMatchObject({ txID: hex(4) });
      expect(recorded(db).body).toMatchObject({ pages: 0, journalMode: null, journalModeForced: forced });
      await expectLive(db, restored);
    });

    it('keeps to it after a drop', async () => {
      const db = `${live}-${target}-drop.db`;
      const model = await database(db, images.target, images.live);
      expect((await client.post(db, model.drop().ltx)).status).toBe(200);
      expect((await restore(db)).status).toBe(200);
      expect(recorded(db).body).toMatchObject({ journalModeForced: forced });
      await expectLive(db, restored);
    });

    it('goes the same way when it was imported', async () => {
      const db = `${live}-${target}-import.db`;
      await database(db, images.live, images.live);
      const body = images.target;
      expect((await client.send('POST', `/db/upload?db=${db}`, { body })).json()).toMatchObject({
        txID: hex(3),
      });
      expect((await restore(db)).status).toBe(200);
      // Imported in WAL mode, it is in that mode from then on.
      await expectLive(db, target === 'wal' ? inWalMode(images.live) : images.live);
      expect((await client.send('POST', `/db/restore?db=${db}&txid=${hex(3)}`)).status).toBe(200);
      await expectLive(db, restored);
    });
  });
});
