import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseVector } from '../ltx/vectors.ts';
import { vectorBytes, vectors } from '../ltx/vectors.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { TestServer } from '../support/server.ts';
import { baseSnapshot } from './golden-base.ts';

/** A chain's database is asked for after every so many transactions, and at the end. */
const CHECK_EVERY = 7;

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('golden');
});

afterAll(() => server[Symbol.asyncDispose]());

async function expectDatabase(db: string, database: DatabaseVector, where: string): Promise<void> {
  const sqlite = await client.snapshot(db, 'sqlite');
  const { header, bytes } = decodeSnapshot((await client.snapshot(db)).body);
  if (database.bytes === 0) {
    expect([sqlite.status, header.commit], where).toEqual([404, 0]);
    return;
  }
  expect({ bytes: sqlite.body.byteLength, sha256: sha256(sqlite.body) }, where).toEqual(database);
  expect(sha256(bytes), where).toBe(database.sha256);
}

describe('golden chains go in and come out', () => {
  it.each(vectors('chain').map((chain): [string, typeof chain] => [chain.name, chain]))(
    '%s',
    async (name, { files }) => {
      const db = `${name}.db`;
      expect(files.length).toBeGreaterThanOrEqual(30);
      for (const [i, { file, header, trailer, database }] of files.entries()) {
        const answer = await client.post(db, vectorBytes(file));
        expect(answer.status, `${file}: ${answer.body}`).toBe(200);
        const dropped = header.commit === 0;
        if (i % CHECK_EVERY !== 0 && i !== files.length - 1 && !dropped) continue;
        expect((await client.positions())[db], file).toBe(`${header.maxTxid}/${trailer.postApplyChecksum}`);
        await expectDatabase(db, database!, file);
      }
    },
  );

  it('all of them again at once, from what is stored', async () => {
    await server.restart();
    const chains = vectors('chain');
    expect(Object.keys(await client.positions())).toHaveLength(chains.length);
    const last = chains.map(({ name, files }) => ({ db: `${name}.db`, database: files.at(-1)!.database! }));
    await Promise.all(last.map(({ db, database }) => expectDatabase(db, database, db)));
  });
});

describe('golden snapshots become databases', () => {
  // Those of 1 GiB are left to the decoder's own suite: they take seconds each to build.
  const BYTES_MAX = 64 * 1024 * 1024;
  const snapshots = vectors('file').filter(
    ({ header, database }) => header.minTxid === '0000000000000001' && database !== null,
  );

  it.each(snapshots.map((entry): [string, typeof entry] => [entry.name, entry]))(
    '%s',
    async (name, entry) => {
      const db = `file-${name}`;
      const answer = await client.post(db, vectorBytes(entry.file));
      expect(answer.status, answer.body.toString()).toBe(200);
      expect((await client.positions())[db]).toBe(
        `${entry.header.maxTxid}/${entry.trailer.postApplyChecksum}`,
      );
      if (entry.database!.bytes <= BYTES_MAX) await expectDatabase(db, entry.database!, name);
    },
  );
});

describe('golden incremental files go on from their base', () => {
  const BASE_BYTES_MAX = 32 * 1024 * 1024;
  const incrementals = vectors('file').filter(
    ({ header, base, database }) =>
      header.minTxid !== '0000000000000001' &&
      database !== null &&
      base.pages > 0 &&
      base.pages * Number(header.pageSize) <= BASE_BYTES_MAX,
  );

  it('has most of them', () => expect(incrementals.length).toBe(28));

  it.each(incrementals.map((entry): [string, typeof entry] => [entry.name, entry]))(
    '%s',
    async (name, { base, header, trailer, file, database }) => {
      const db = `base-${name}`;
      const pageSize = Number(header.pageSize);
      const before = baseSnapshot({ pageSize, ...base }, BigInt(`0x${header.minTxid}`) - 1n);
      expect((await client.post(db, before)).status).toBe(200);
      const answer = await client.post(db, vectorBytes(file));
      expect(answer.status, answer.body.toString()).toBe(200);
      expect((await client.positions())[db]).toBe(`${header.maxTxid}/${trailer.postApplyChecksum}`);
      await expectDatabase(db, database!, name);
    },
  );
});
