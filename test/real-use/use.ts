import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Replica } from '../../src/storage/s3.ts';
import { HttpClient } from '../support/http-client.ts';
import { Random } from '../support/random.ts';
import type { S3Server } from '../support/s3-server.ts';
import { inWalMode } from '../support/sqlite-image.ts';
import { differences } from './agreement.ts';
import { Application } from './application.ts';
import { DrivenProcess } from './driven-process.ts';
import { DataDirectory } from './litefs/data-directory.ts';
import { checksumOf, isWal } from './litefs/images.ts';
import { LiteFsPrimary, type Takeover } from './litefs/primary.ts';
import { Operator, pageSizeFor } from './operator.ts';
import { CLUSTER, placeFor } from './place.ts';
import { randomWeather, type Weather } from './weather.ts';

const START = Date.UTC(2026, 0, 1);

/** Time goes on by so much at once, ms. */
const STEP_MS = 500;

/** Names that the application writes to, and one that only the operator knows at first. */
const OWN = ['orders.db', 'users.db', 'large.db', 'queue.db'];
const NAMES = [...OWN, 'imported.db'];

/** A primary, its application, an operator and a server that is killed now and then, before a real bucket. */
export class Use implements AsyncDisposable {
  readonly takeovers: Takeover[] = [];
  readonly server: DrivenProcess;
  readonly operator: Operator;
  readonly #random: Random;
  readonly #folder: string;
  readonly #replica: S3Replica;
  readonly #application: Application;
  readonly #client: HttpClient;
  /** Changes to a name from outside that the primary may have to follow, and has not yet. */
  readonly #outside = new Map<string, number>();
  readonly #contents = new Set<bigint>();
  #directory: DataDirectory;
  #primary: LiteFsPrimary;
  #stormy = true;
  #seen = 0;
  readonly counts = {
    passes: 0,
    failures: 0,
    refusals: 0,
    instanceRequests: 0,
    commits: 0,
    kills: 0,
    restarts: 0,
  };

  private constructor(random: Random, folder: string, replica: S3Replica, server: DrivenProcess) {
    this.#random = random;
    this.#folder = folder;
    this.#replica = replica;
    this.server = server;
    this.#application = new Application(random);
    this.#client = new HttpClient(() => server.url, CLUSTER, 4);
    this.operator = new Operator(
      () => server.url,
      CLUSTER,
      random,
      this.#contents,
      (db) => this.#mayFollow(db),
    );
    this.#directory = new DataDirectory(random);
    this.#primary = this.#start();
  }

  static async begin(s3: S3Server, seed: number): Promise<Use> {
    const folder = mkdtempSync(join(tmpdir(), 'lfsb-use-'));
    const { config, replica } = await placeFor(s3, folder);
    const server = new DrivenProcess(config, START);
    await server.start();
    return new Use(new Random(seed), folder, replica, server);
  }

  /** Lives for a while, with all that can happen. */
  async live(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= STEP_MS) {
      this.#write();
      const what = this.#random.int(0, 1_999);
      if (what < 40) await this.operator.act(NAMES);
      else if (what < 44) await this.#restartServer(this.#random.chance(0.5) ? 'SIGKILL' : 'SIGTERM');
      else if (what < 48) this.#restartPrimary(this.#random.chance(0.5));
      await this.#step();
    }
  }

  /** Fair weather and nobody writes, until the primary, the server and the bucket hold the same. */
  async settle(): Promise<string[]> {
    this.#stormy = false;
    let wrong: string[] = [];
    for (let i = 0; i < 20; i++) {
      for (let step = 0; step < 60; step++) await this.#step();
      // Driven time does not wait for the threads that store.
      await sleep(200);
      wrong = await differences(this.#client, this.#replica, this.#directory);
      if (wrong.length === 0) return wrong;
    }
    return wrong;
  }

  /** Files that the primary has not deleted. */
  get localFiles(): number {
    return [...this.#directory.databases.values()].reduce((sum, { files }) => sum + files, 0);
  }

  async #step(): Promise<void> {
    this.server.pass(STEP_MS);
    await this.#primary.tick(this.server.now);
    for (const takeover of this.#primary.takeovers.slice(this.#seen)) this.#check(takeover);
    this.#seen = this.#primary.takeovers.length;
    await sleep(0);
  }

  /** What a primary takes over is something that the database was, and it does so only when somebody gave it cause. */
  #check(takeover: Takeover): void {
    this.takeovers.push(takeover);
    const { db, why } = takeover;
    const local = this.#directory.databases.get(db)!;
    if (!this.#contents.has(local.pos.checksum)) throw new Error(`${db}: taken over is nothing that it was`);
    if (local.image.byteLength > 0 && !this.#application.isWhole(local.image))
      throw new Error(`${db}: not whole`);
    if (why === 'absent') return;
    const causes = this.#outside.get(db) ?? 0;
    if (causes === 0) throw new Error(`${db} was taken over without cause: ${why}, ${takeover.lost} lost`);
    this.#outside.set(db, causes - 1);
  }

  #mayFollow(db: string): void {
    this.#outside.set(db, (this.#outside.get(db) ?? 0) + 1);
  }

  #write(): void {
    for (const name of OWN) {
      if (!this.#random.chance(name === 'queue.db' ? 0.02 : 0.15)) continue;
      const db = this.#directory.databases.get(name);
      const before = db?.image ?? new Uint8Array(0);
      const pageSize = pageSizeFor(name);
      if (before.byteLength === 0)
        this.#commit(name, this.#application.create(pageSize, name === 'users.db'));
      else if (this.#random.chance(0.02)) this.#commit(name, Buffer.alloc(0));
      else this.#commit(name, this.#application.write(before));
    }
  }

  #commit(name: string, image: Buffer): void {
    const pageSize = pageSizeFor(name);
    this.#contents.add(checksumOf(image, pageSize));
    // What a restore makes of it where the name is in WAL mode by then.
    if (image.byteLength > 0 && !isWal(image)) this.#contents.add(checksumOf(inWalMode(image), pageSize));
    this.#primary.commit(name, pageSize, image, this.server.now);
    this.counts.commits++;
  }

  #start(): LiteFsPrimary {
    const weather = (): Weather => (this.#stormy ? randomWeather(this.#random) : 'fair');
    const options = { url: () => this.server.url, token: `cluster ${CLUSTER}`, weather };
    return new LiteFsPrimary(this.#directory, options, this.server.now, async () => {
      if (this.#stormy && this.#random.chance(0.02)) await this.operator.act(NAMES);
    });
  }

  async #restartServer(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.counts.kills++;
    await this.server.end(signal);
    for (let i = this.#random.int(0, 20); i > 0; i--) {
      this.#write();
      await this.#step();
    }
    await this.server.start();
  }

  #restartPrimary(keepsData: boolean): void {
    this.counts.restarts++;
    this.#retire();
    if (!keepsData) {
      this.#directory = new DataDirectory(this.#random);
      // The application may write to a name before the primary knows what the server has of it.
      for (const name of OWN) this.#mayFollow(name);
    }
    this.#primary = this.#start();
  }

  #retire(): void {
    const { passes, failures, refusals, instanceRequests } = this.#primary;
    this.counts.passes += passes;
    this.counts.failures += failures;
    this.counts.refusals += refusals.length;
    this.counts.instanceRequests += instanceRequests;
    this.#seen = 0;
    this.#primary.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#retire();
    this.operator.close();
    this.#client.close();
    await this.server.end('SIGTERM');
    await this.#replica.close();
    this.#application[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
