import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalMode } from '../../src/commands/database-state.ts';
import { EMPTY_CHECKSUM, formatPos, type Pos, pageChecksum, toggleChecksums } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { buildLtx, trailerOf } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { inWalMode, sqliteImage } from '../support/sqlite-image.ts';

const PAGE = 1024;

let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('modes');
});

afterAll(() => server[Symbol.asyncDispose]());

const pageOf = (image: Uint8Array, number: number): Uint8Array =>
  image.subarray((number - 1) * PAGE, number * PAGE);

const pagesOf = (image: Uint8Array) =>
  Array.from({ length: image.byteLength / PAGE }, (_, i) => [i + 1, pageOf(image, i + 1)] as const);

async function send(db: string, ltx: Uint8Array): Promise<bigint> {
  const answer = await client.post(db, ltx);
  expect(answer.status, answer.body.toString()).toBe(200);
  return trailerOf(ltx).postApplyChecksum;
}

type Name = 'new' | 'existing' | 'dropped by its primary' | 'deleted';

/** Brings a name into a state, as a primary and an operator would; returns its position. */
async function prepare(db: string, name: Name, live: JournalMode | null): Promise<Pos | null> {
  if (name === 'new') return null;
  if (live === null) {
    // Created and dropped before its first send: nobody has seen a page 1.
    return {
      txid: 2n,
      checksum: await send(db, buildLtx({ pageSize: PAGE, minTxid: 1n, maxTxid: 2n, commit: 0 })),
    };
  }
  const image = sqliteImage({ pageSize: PAGE, mode: live, rows: 30, seed: 11 });
  const commit = image.byteLength / PAGE;
  const pre = await send(
    db,
    buildLtx({ pageSize: PAGE, minTxid: 1n, maxTxid: 6n, commit, pages: pagesOf(image) }),
  );
  if (name === 'existing') return { txid: 6n, checksum: pre };
  if (name === 'deleted') {
    expect((await client.send('DELETE', `/db?db=${db}`)).status).toBe(200);
    return null;
  }
  const checksum = await send(
    db,
    buildLtx({ pageSize: PAGE, minTxid: 7n, commit: 0, pre, post: EMPTY_CHECKSUM }),
  );
  return { txid: 7n, checksum };
}

/** What a primary does when it is told of a position ahead of its own: it takes the snapshot, and writes on. */
async function takeOver(db: string, image: Uint8Array, txid: bigint): Promise<void> {
  const { header, bytes, postApplyChecksum } = decodeSnapshot((await client.snapshot(db)).body);
  expect(header).toMatchObject({ maxTxid: txid, commit: image.byteLength / PAGE, pageSize: PAGE });
  expect(sha256(bytes)).toBe(sha256(image));
  expect((await client.positions())[db]).toBe(formatPos({ txid, checksum: postApplyChecksum }));
  expect(sha256((await client.snapshot(db, 'sqlite')).body)).toBe(sha256(image));
  const last = header.commit;
  const written = new Uint8Array(PAGE).fill(7);
  const sums = [pageChecksum(last, pageOf(image, last)), pageChecksum(last, written)];
  const post = toggleChecksums(postApplyChecksum, ...sums);
  const spec = { pageSize: PAGE, minTxid: txid + 1n, commit: last, pre: postApplyChecksum, post };
  await send(db, buildLtx({ ...spec, pages: [[last, written]] }));
}

const NAMES: readonly (readonly [Name, readonly (JournalMode | null)[]])[] = [
  ['new', [null]],
  ['existing', ['wal', 'rollback']],
  ['dropped by its primary', ['wal', 'rollback', null]],
  ['deleted', ['wal', 'rollback', null]],
];

const CASES = NAMES.flatMap(([name, lives]) =>
  lives.flatMap((live) => (['wal', 'rollback'] as const).map((mode) => ({ name, live, mode }))),
).filter(({ name, live }) => name !== 'deleted' || live !== null);

describe('an import', () => {
  it('is tried in every combination', () => {
    expect(CASES).toHaveLength(2 + 4 + 6 + 4);
  });

  it.each(CASES)('into a name that is $name (in mode $live), of an image in mode $mode', async (each) => {
    const { name, live, mode } = each;
    const db = `${name}-${live}-${mode}.db`.replaceAll(' ', '-');
    const before = await prepare(db, name, live);
    const image = sqliteImage({ pageSize: PAGE, mode, rows: 60, seed: 12 });
    expect([...image.subarray(18, 20)]).toEqual(mode === 'wal' ? [2, 2] : [1, 1]);
    const forced = before !== null && live === 'wal' && mode === 'rollback';
    const txid = (before?.txid ?? 0n) + 1n;

    const answer = await client.send('POST', `/db/upload?db=${db}`, { body: image });
    const txID = txid.toString(16).padStart(16, '0');
    expect(answer.json()).toEqual(forced ? { txID, journalMode: 'wal' } : { txID });
    expect(answer.headers['lfsb-journal-mode']).toBe(forced ? 'wal' : undefined);

    const [event] = server.query<{ body: string }>(
      "SELECT canonical ->> '$.body' AS body FROM event WHERE type = 'transaction.imported' AND db = ?",
      db,
    );
    expect(JSON.parse(event?.body ?? '')).toMatchObject({
      preApplyChecksum: (before?.checksum ?? 0n).toString(16).padStart(16, '0'),
      journalModeForced: forced,
      journalMode: forced ? 'wal' : mode,
      source: { sha256: sha256(image) },
    });
    await takeOver(db, forced ? inWalMode(image) : image, txid);
  });

  it('stays in the mode that the last import brought', async () => {
    const wal = sqliteImage({ pageSize: PAGE, mode: 'wal' });
    const rollback = sqliteImage({ pageSize: PAGE, seed: 2 });
    for (const image of [wal, rollback, rollback]) {
      await client.send('POST', '/db/upload?db=again.db', { body: image });
    }
    expect(sha256((await client.snapshot('again.db', 'sqlite')).body)).toBe(sha256(inWalMode(rollback)));
  });
});
