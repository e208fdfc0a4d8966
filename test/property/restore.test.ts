import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatTimestamp } from '../../src/engine/restore/timestamp.ts';
import { formatChecksum, formatTxid, type Pos } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { property } from '../support/property.ts';
import { TestServer } from '../support/server.ts';

let server: TestServer;
let client: HttpClient;
let names = 0;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('points');
});

afterAll(() => server[Symbol.asyncDispose]());

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('change'), ms: fc.integer({ min: 0, max: 5_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop'), ms: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore'), ms: fc.nat() }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A state that the database was in. */
interface State {
  readonly pos: Pos;
  readonly bytes: Uint8Array;
  /** Effective time, ms. */
  time: number;
}

/** What the server must be able to give back, and a primary that goes on from it. */
class History {
  readonly db = `points-${names++}.db`;
  readonly states: State[] = [];
  #model: ModelDatabase;

  constructor(seed: number) {
    this.#model = new ModelDatabase({ pageSize: 512, seed });
  }

  async step({ kind, ms }: Step): Promise<void> {
    if (kind === 'restore' && this.states.length > 0)
      return this.#restore(this.states[ms % this.states.length]!);
    const model = this.#model;
    const last = model.transactions.at(-1)?.timestampMs ?? 1_700_000_000_000n;
    const drops = kind === 'drop' && model.commitPages > 0;
    const { ltx, timestampMs } = drops ? model.drop() : this.#change(last + BigInt(ms));
    expect((await client.post(this.db, ltx)).status).toBe(200);
    const before = this.states.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    this.states.push({ pos: model.pos, bytes: model.bytes(), time: Math.max(before, Number(timestampMs)) });
  }

  #change(timestampMs: bigint) {
    const model = this.#model;
    const pages = new Map([
      [1 + (Number(timestampMs) % 9), new Uint8Array(512).fill(Number(timestampMs) % 251)],
    ]);
    const commit = 1 + (Number(timestampMs) % 13);
    return model.commit({ pages: [...pages].filter(([page]) => page <= commit), commit, timestampMs });
  }

  async #restore(target: State): Promise<void> {
    const current = this.states.at(-1)!;
    const answer = await client.send('POST', `/db/restore?db=${this.db}&txid=${formatTxid(target.pos.txid)}`);
    expect(answer.status, answer.body.toString()).toBe(200);
    const isCurrent = target.pos.txid === current.pos.txid;
    const txid = current.pos.txid + (isCurrent ? 0n : 1n);
    expect(answer.json()).toEqual({ txID: formatTxid(txid) });
    if (isCurrent) return;
    const pos = { txid, checksum: target.pos.checksum };
    const time = server.query<{ time: number }>(
      'SELECT effective_time AS time FROM database WHERE db = ?',
      this.db,
    )[0]!.time;
    this.states.push({ pos, bytes: target.bytes, time });
    this.#model = primaryAt(this.#model, pos, target.bytes);
  }
}

/** The primary after it took the server's snapshot: it goes on from there. */
function primaryAt(model: ModelDatabase, pos: Pos, bytes: Uint8Array): ModelDatabase {
  model.pages.clear();
  model.commitPages = bytes.byteLength / 512;
  for (let page = 1; page <= model.commitPages; page++) {
    model.pages.set(page, bytes.slice((page - 1) * 512, page * 512));
  }
  model.pos = pos;
  return model;
}

interface Listed {
  readonly maxTxId: string;
  readonly maxTimestamp: string;
  readonly postApplyChecksum: string;
  readonly deleted?: true;
}

async function expectPoints({ db, states }: History): Promise<void> {
  const info = await client.send('GET', `/db/info?db=${db}&all&level=0`);
  expect(info.body.toString()).toBe(JSON.stringify(info.json(), null, 2));
  expect(info.json<{ restorablePaths: Listed[] }>().restorablePaths).toEqual(
    states.map(({ pos, bytes, time }) => ({
      maxTxId: formatTxid(pos.txid),
      maxTimestamp: formatTimestamp(time),
      postApplyChecksum: formatChecksum(pos.checksum),
      ...(bytes.byteLength === 0 ? { deleted: true } : {}),
      local: true,
    })),
  );
  for (const { pos, bytes } of states) {
    const path = `/db/snapshot?db=${db}&txid=${formatTxid(pos.txid)}`;
    const ltx = decodeSnapshot((await client.send('GET', path)).body);
    expect(ltx.header.maxTxid).toBe(pos.txid);
    expect(ltx.postApplyChecksum).toBe(pos.checksum);
    expect(sha256(ltx.bytes)).toBe(sha256(bytes));
    const sqlite = await client.send('GET', `${path}&format=sqlite`);
    if (bytes.byteLength === 0) expect([sqlite.status, sqlite.json()['code']]).toEqual([404, 'ENODB']);
    else expect(sha256(sqlite.body)).toBe(sha256(bytes));
  }
}

/** A time means the last point not after it, to the millisecond. */
async function expectTimes({ db, states }: History): Promise<void> {
  const times = new Set(states.flatMap(({ time }) => [time - 1, time, time + 1]));
  for (const time of times) {
    const meant = states.findLast((state) => state.time <= time);
    const check = await client.send('GET', `/db/restore/check?db=${db}&timestamp=${formatTimestamp(time)}`);
    if (meant === undefined) expect([check.status, check.json()['code']]).toEqual([404, 'ENOTIMESTAMP']);
    else {
      expect(check.json()).toEqual({
        timestamp: formatTimestamp(meant.time),
        txID: formatTxid(meant.pos.txid),
      });
    }
  }
}

it('every point that is listed restores byte for byte, whatever was restored before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 24 }), fc.integer(), async (steps, seed) => {
      const history = new History(seed);
      for (const one of steps) await history.step(one);
      await expectPoints(history);
      await expectTimes(history);
    }),
    property(25),
  );
});
