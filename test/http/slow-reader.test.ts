import { readdirSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STREAMS_MAX } from '../../src/engine/streams/stream-pool.ts';
import { sha256 } from '../support/databases.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { eventually, openFiles } from '../support/process-state.ts';
import { Random } from '../support/random.ts';
import { RawSocket, requestHead } from '../support/raw-socket.ts';
import { scale } from '../support/scale.ts';
import { TestServer } from '../support/server.ts';

/** How long the slow download goes on; minutes at a larger scale. */
const SLOW_MS = 15_000 * scale;

/** What the slow client takes at a time, and how often: about 1 KB/s. */
const SIP_BYTES = 256;
const SIP_MS = 250;

const WRITERS = 8;

/** The limits that hold meanwhile; what is written is more than each of them. */
const WAL_BYTES_MAX = 128 * 1024 * 1024;
const RSS_GROWTH_BYTES_MAX = 256 * 1024 * 1024;
const FILES_GROWTH_MAX = 24;

const PAGE_SIZE = 4_096;
/** Far more than the pipes between the disk and a client hold. */
const DATABASE_PAGES = 10_000;
/** A transaction that just rides in its commit. */
const PAGES_PER_WRITE = 15;

let server: TestServer;
let model: ModelDatabase;

const noise = new Random(1).bytes(PAGE_SIZE);
let serial = 0;

/** A page of noise, another one each time. */
function noisePage(): Uint8Array {
  const page = noise.slice();
  new DataView(page.buffer).setUint32(8, serial++);
  return page;
}

const pages = (count: number): [number, Uint8Array][] =>
  Array.from({ length: count }, (_, i) => [i + 1, noisePage()]);

beforeEach(async () => {
  server = await TestServer.start();
  model = new ModelDatabase({ pageSize: PAGE_SIZE, compress: false });
  const { ltx } = model.commit({ pages: pages(DATABASE_PAGES) });
  expect((await server.client('raw').post('big.db', ltx)).status).toBe(200);
  expect((await server.client('raw').post('big.db', model.commit({ pages: pages(3) }).ltx)).status).toBe(200);
});

afterEach(() => server[Symbol.asyncDispose]());

/** A client that takes a few bytes at a time. */
class SlowClient {
  received = 0;
  head = '';
  ended = false;
  readonly #socket: Socket;
  readonly #sips: NodeJS.Timeout;

  constructor(port: number, path: string) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.pause();
    this.#socket.write(requestHead('GET', path));
    for (const event of ['end', 'error', 'close']) {
      this.#socket.on(event, () => {
        this.ended = true;
      });
    }
    this.#sips = setInterval(() => this.#sip(), SIP_MS);
  }

  stop(): void {
    clearInterval(this.#sips);
    this.#socket.resetAndDestroy();
  }

  #sip(): void {
    const bytes = this.#socket.read(SIP_BYTES) as Buffer | null;
    if (bytes === null) return;
    if (this.received === 0) this.head = bytes.toString('latin1');
    this.received += bytes.byteLength;
  }
}

/** The most that was seen of everything that could grow. */
class Watch {
  wal = 0;
  rss = 0;
  files = 0;
  readonly #before = { rss: process.memoryUsage().rss, files: readdirSync('/proc/self/fd').length };
  readonly #timer = setInterval(() => this.#look(), 100);

  stop(): void {
    this.#look();
    clearInterval(this.#timer);
  }

  #look(): void {
    this.wal = Math.max(this.wal, statSync(join(server.dataPath, 'lfsb.db-wal')).size);
    this.rss = Math.max(this.rss, process.memoryUsage().rss - this.#before.rss);
    this.files = Math.max(this.files, readdirSync('/proc/self/fd').length - this.#before.files);
  }
}

/** Writes to a database of its own until told to stop; tells how many bytes it sent. */
async function write(db: string, until: (sent: number) => boolean): Promise<number> {
  const client = server.client('raw', 1);
  const own = new ModelDatabase({ pageSize: PAGE_SIZE, compress: false });
  let sent = 0;
  while (!until(sent)) {
    const { ltx } = own.commit({ pages: pages(PAGES_PER_WRITE) });
    expect((await client.post(db, ltx)).status).toBe(200);
    sent += ltx.byteLength;
    // The model would keep every file.
    own.transactions.length = 0;
  }
  return sent;
}

describe('a slow reader', () => {
  it('slows only itself: WAL, memory and descriptors stay bounded while others write', {
    timeout: SLOW_MS * 4 + 60_000,
  }, async () => {
    const slow = ['ltx', 'sqlite'].map(
      (format) => new SlowClient(server.port, `/db/snapshot?db=big.db&format=${format}`),
    );
    await eventually('the first sips', () => slow.every(({ received }) => received > 0));
    const watch = new Watch();
    const since = performance.now();
    // Enough that whatever were pinned would show.
    const enough = (sent: number): boolean =>
      performance.now() - since > SLOW_MS && sent * WRITERS > 2 * WAL_BYTES_MAX;
    const writers = Array.from({ length: WRITERS }, (_, i) => write(`w${i}.db`, enough));
    const fast = sha256((await server.client('raw').snapshot('big.db', 'sqlite')).body);
    const sent = (await Promise.all(writers)).reduce((sum, each) => sum + each, 0);
    watch.stop();
    expect(fast).toBe(sha256(model.bytes()));
    expect(sent).toBeGreaterThan(2 * WAL_BYTES_MAX);
    expect(watch.wal).toBeLessThan(WAL_BYTES_MAX);
    expect(watch.rss).toBeLessThan(RSS_GROWTH_BYTES_MAX);
    expect(watch.files).toBeLessThan(FILES_GROWTH_MAX);
    for (const client of slow) {
      expect(client.head).toMatch(/^HTTP\/1\.1 200 /);
      expect(client.ended).toBe(false);
      expect(client.received).toBeGreaterThan((SLOW_MS / SIP_MS) * SIP_BYTES * 0.3);
      client.stop();
    }
    await eventually('no file open for them', () => openFiles(server.spoolPath).length === 0);
  });
});

describe('readers that vanish', () => {
  it('leave nothing behind, more of them than may be at once', async () => {
    for (let round = 0; round < 2; round++) {
      const sockets = await Promise.all(
        Array.from({ length: STREAMS_MAX }, async (_, i) => {
          const socket = await RawSocket.open(server.port);
          socket.socket.pause();
          await socket.send(
            requestHead('GET', `/db/snapshot?db=big.db&format=${i % 2 === 0 ? 'ltx' : 'sqlite'}`),
          );
          return socket;
        }),
      );
      // Some vanish while their snapshot is being built, some while it is sent.
      for (const [i, socket] of sockets.entries()) if (i % 2 === 0) socket.vanish();
      await eventually('some of them open', () => openFiles(server.spoolPath).length > 0);
      for (const socket of sockets) socket.vanish();
      await eventually('none of them open', () => openFiles(server.spoolPath).length === 0, 20_000);
    }
    const answer = await server.client('raw').snapshot('big.db', 'sqlite');
    expect(sha256(answer.body)).toBe(sha256(model.bytes()));
    expect(server.logs.filter(({ level }) => level === 'error').map(({ msg }) => msg)).toEqual([]);
  });
});
