import { setImmediate as yieldOnce } from 'node:timers/promises';
import { DEFAULT_STORAGE } from '../../../src/config/index.ts';
import { formatTxid } from '../../../src/ltx/index.ts';
import { Driven } from '../../compactor-run/driven.ts';
import { until } from '../../compactor-run/until.ts';
import type { HttpClient } from '../../support/http-client.ts';
import { ModelDatabase } from '../../support/ltx-fixtures.ts';
import type { S3Server } from '../../support/s3-server.ts';
import { TestServer } from '../../support/server.ts';
import type { Owed, Write } from './schedule.ts';

export const CLUSTER = 'shop';

/** How far time goes at once while nothing is due, ms: less than deletions wait for others to go with. */
const STEP_MS = 120_000;

/** Looks in a row, 20 ms each, after which nothing more comes of what was begun. */
const QUIET_LOOKS = 15;

/** A real server before a real bucket, by a clock that goes on when all is stored that is owed by then. */
export class Life implements AsyncDisposable {
  readonly driven: Driven;
  readonly #server: TestServer;
  readonly #client: HttpClient;
  readonly #replicas: number;
  readonly #models = new Map<string, ModelDatabase>();
  /** What each database was, by `name/TXID`. */
  readonly #contents = new Map<string, Buffer>();
  #owed: readonly Owed[] = [];
  #writes = 0;

  private constructor(server: TestServer, driven: Driven, replicas: number) {
    this.#server = server;
    this.#client = server.client(CLUSTER);
    this.driven = driven;
    this.#replicas = replicas;
  }

  /** @param endpoint of `s3`, or of something that counts in front of it */
  static async begin(s3: S3Server, endpoint: string, prefixes: readonly string[]): Promise<Life> {
    const bucket = await s3.bucket();
    const { region, credentials } = s3.settings;
    const keys = { accessKeyId: credentials?.accessKeyId, secretAccessKey: credentials?.secretAccessKey };
    const access = { endpoint, region, sessionToken: undefined, ...keys };
    const replicas = prefixes.map((prefix) => `s3://${bucket}/${prefix}`);
    const driven = new Driven();
    const config = { storage: { ...DEFAULT_STORAGE, replicas, s3: access } };
    const server = await TestServer.start({ config, clock: driven.clock, timer: driven });
    return new Life(server, driven, replicas.length);
  }

  /** Files that the log says are stored. */
  get stored(): number {
    return Number(this.#server.query("SELECT count(*) AS n FROM event WHERE type = 'file.stored'")[0]?.['n']);
  }

  /** Lives through `writes`, and until the last window that owes a file to them is closed. */
  async live(writes: readonly Write[], owed: readonly Owed[]): Promise<void> {
    this.#owed = owed;
    const instants = [...new Set([...writes, ...owed].map(({ at }) => at))].sort((a, b) => a - b);
    let next = 0;
    for (const at of instants) {
      await this.passTo(at);
      for (; writes[next]?.at === at; next++) await this.#write(writes[next]!);
    }
  }

  async passTo(time: number): Promise<void> {
    const { driven } = this;
    while (driven.wall < time) {
      driven.pass(Math.min(STEP_MS, time - driven.wall));
      await yieldOnce();
    }
    const due = this.#owed.filter(({ at }) => at <= time).length * this.#replicas;
    await until(() => {
      driven.pass(0);
      return this.stored >= due;
    });
  }

  /** Until nothing is under way, and nothing waits to be deleted, also after some more looks. */
  settle(): Promise<void> {
    let quiet = 0;
    return until(() => {
      this.driven.pass(STEP_MS / 2);
      quiet = this.#server.query('SELECT * FROM outbox').length === 0 ? quiet + 1 : 0;
      return quiet >= QUIET_LOOKS;
    });
  }

  /** Downloads every point that is listed; returns how many came back right, and which did not. */
  async restoreAll(): Promise<{ right: number; wrong: string[] }> {
    const result = { right: 0, wrong: [] as string[] };
    for (const db of this.#models.keys()) {
      const info = await this.#client.send('GET', `/db/info?db=${db}&all`);
      const { restorablePaths } = info.json<{ restorablePaths: { maxTxId: string }[] }>();
      for (const { maxTxId } of restorablePaths) {
        const path = `/db/snapshot?db=${db}&txid=${maxTxId}&format=sqlite`;
        const { status, body } = await this.#client.send('GET', path);
        const isRight = status === 200 && this.#contents.get(`${db}/${maxTxId}`)?.equals(body) === true;
        if (isRight) result.right++;
        else result.wrong.push(`${db} at ${maxTxId}: ${status}`);
      }
    }
    return result;
  }

  async #write({ db, at }: Write): Promise<void> {
    const model = this.#models.get(db) ?? new ModelDatabase({ pageSize: 512 });
    this.#models.set(db, model);
    const page = new Uint8Array(model.pageSize).fill((this.#writes++ % 250) + 1);
    const { ltx } = model.commit({ pages: [[1, page]], timestampMs: BigInt(at) });
    const { status, body } = await this.#client.post(db, ltx);
    if (status !== 200) throw new Error(`${db}: ${status} ${body.toString()}`);
    this.#contents.set(`${db}/${formatTxid(model.pos.txid)}`, Buffer.from(model.bytes()));
    // Seen now, as by a look every second, and not when the window has closed.
    this.driven.pass(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
