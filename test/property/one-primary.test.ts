import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatPos } from '../../src/ltx/index.ts';
import { Primary } from '../http/primary.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import type { HttpClient } from '../support/http-client.ts';
import { property } from '../support/property.ts';
import { chunk, LAST_CHUNK, RawSocket, requestHead } from '../support/raw-socket.ts';
import { TestServer } from '../support/server.ts';

/** Uploads that a primary has given up and that still lie about, unfinished. */
const ABANDONED_MAX = 4;

let server: TestServer;
let client: HttpClient;
let names = 0;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('one');
});

afterAll(() => server[Symbol.asyncDispose]());

/** What happens next: the application writes, or the primary makes a pass over a network of some kind. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('change', 'change', 'grow', 'drop') },
  { weight: 4, arbitrary: fc.constant('pass') },
  { weight: 2, arbitrary: fc.constant('answer lost') },
  { weight: 1, arbitrary: fc.constant('body cut') },
  { weight: 2, arbitrary: fc.constant('upload stalls') },
  { weight: 2, arbitrary: fc.constant('stalled upload ends') },
  { weight: 2, arbitrary: fc.constant('stalled upload ends before the retry') },
  { weight: 1, arbitrary: fc.constant('sent twice') },
  { weight: 1, arbitrary: fc.constant('server restarts') },
);

/** A run of the world around one primary. */
class World {
  readonly primary: Primary;
  readonly #abandoned: { socket: RawSocket; port: number }[] = [];

  constructor(primary: Primary) {
    this.primary = primary;
  }

  async step(kind: string): Promise<void> {
    const { primary } = this;
    switch (kind) {
      case 'change':
      case 'grow':
      case 'drop':
        return primary.write(kind);
      case 'pass':
        await primary.pass();
        return;
      case 'sent twice':
        await primary.pass(async (ltx) => (await Promise.all([primary.post(ltx), primary.post(ltx)]))[1]);
        return;
      case 'server restarts':
        for (const { socket } of this.#abandoned.splice(0)) socket.vanish();
        return server.restart();
      case 'stalled upload ends':
        return this.#endAbandoned();
      case 'stalled upload ends before the retry':
        await primary.pass(async (ltx) => {
          await this.#endAbandoned();
          return primary.post(ltx);
        });
        return;
      default:
        await primary.pass(async (ltx) => {
          await this.#upload(kind, ltx);
          return null;
        });
    }
  }

  async end(): Promise<void> {
    for (const { socket } of this.#abandoned.splice(0)) socket.vanish();
    // Longer than the longest history takes in merges of 16.
    for (let i = 0; i < 20; i++) await this.primary.pass();
  }

  async #upload(kind: string, ltx: Uint8Array): Promise<void> {
    const socket = await RawSocket.open(server.port);
    const headers = { authorization: 'cluster one', 'transfer-encoding': 'chunked' };
    await socket.send(requestHead('POST', `/db/tx?db=${this.primary.db}`, headers));
    await socket.send(chunk(kind === 'body cut' ? ltx.subarray(0, ltx.byteLength / 2) : ltx));
    if (kind === 'answer lost') await socket.send(LAST_CHUNK);
    if (kind !== 'upload stalls' || this.#abandoned.length >= ABANDONED_MAX) return socket.vanish();
    this.#abandoned.push({ socket, port: server.port });
  }

  /** The oldest upload that was given up goes on to its end after all; nobody hears the answer. */
  async #endAbandoned(): Promise<void> {
    const upload = this.#abandoned.shift();
    if (upload === undefined) return;
    await upload.socket.send(LAST_CHUNK);
    await upload.socket.answer();
    upload.socket.vanish();
  }
}

async function expectNothingLost({ db, model, acknowledged, losses }: Primary): Promise<void> {
  expect(losses).toEqual([]);
  const position = (await client.positions())[db];
  if (model.pos.txid === 0n) return expect(position).toBeUndefined();
  expect(acknowledged).toBeLessThanOrEqual(model.pos.txid);
  expect(position).toBe(formatPos(model.pos));
  const { bytes } = decodeSnapshot((await client.snapshot(db)).body);
  expect(sha256(bytes)).toBe(sha256(model.bytes()));
}

it('a primary that is alone never loses a transaction, whatever its network does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), fc.integer(), async (steps, seed) => {
      const primary = new Primary(client, `one-${names++}.db`, seed);
      const world = new World(primary);
      for (const kind of steps) {
        await world.step(kind);
        expect(primary.losses).toEqual([]);
      }
      await world.end();
      await expectNothingLost(primary);
    }),
    { ...property(6), endOnFailure: false },
  );
});
