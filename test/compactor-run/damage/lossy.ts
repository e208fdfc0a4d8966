import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DirectoryReplica } from '../../../src/storage/directory.ts';
import { type Replica, sha256Hex, sourceOf } from '../../../src/storage/index.ts';
import { LocalFiles } from '../../../src/storage/local-files.ts';
import { read } from '../../storage/using.ts';
import { ModelDatabase } from '../../support/ltx-fixtures.ts';
import { bytesAt, pointsOf } from '../restoring.ts';
import { World } from '../world.ts';

export const DB = 'a.db';

export type Adapter = 'memory' | 'directory';

type Wrap = (replica: Replica, world: World, name: string) => Replica;

/** A database that is written to, on replicas that lose and damage files; its primary looks at `/pos`. */
export class Lossy implements Disposable {
  readonly world: World;
  readonly model: ModelDatabase;
  readonly at = new Map<bigint, Buffer>();
  /** What is lost or damaged, `replica:key`, as long as it is. */
  readonly harmed = new Set<string>();
  readonly #directory: string | null;

  private constructor(replicas: readonly string[], adapter: Adapter, wrap: Wrap) {
    const directory = adapter === 'memory' ? null : mkdtempSync(join(tmpdir(), 'lfsb-lossy-'));
    this.#directory = directory;
    this.world = new World({
      levels: '1:10s:5m,2:30s:10m,3:150s:20m',
      snapshot: '5m:40m',
      replicas,
      freshBytesMax: 0,
      ...(directory === null
        ? {}
        : { place: (name: string) => new DirectoryReplica(new LocalFiles(join(directory, name))) }),
      wrap: (replica, world, name) => wrap(this.#noticingPuts(replica, name), world, name),
    });
    this.model = new ModelDatabase({ pageSize: 512, timestampMs: BigInt(this.world.now) });
  }

  static async start(
    replicas: readonly string[],
    adapter: Adapter = 'memory',
    wrap: Wrap = (replica) => replica,
  ): Promise<Lossy> {
    const lossy = new Lossy(replicas, adapter, wrap);
    await lossy.world.start();
    return lossy;
  }

  /** A transaction every 5 s; a primary that does not find the name sends all of it. */
  async live(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 5) {
      await this.write();
      await this.world.pass(5_000, 5_000);
      await this.poll();
    }
  }

  /** Time without transactions. */
  async rest(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 20) {
      await this.world.pass(20_000, 20_000);
      await this.poll();
    }
  }

  async write(): Promise<void> {
    await this.world.write(DB, this.model);
    this.at.set(this.model.pos.txid, Buffer.from(this.model.bytes()));
  }

  async poll(): Promise<void> {
    if (this.world.engine.state(DB)?.withheld !== true) return;
    expect(await this.world.engine.outcome(DB, this.model.snapshot())).toBe('rebase');
  }

  /** What is stored again is right again. */
  #noticingPuts(replica: Replica, name: string): Replica {
    const put: Replica['put'] = async (key, ...rest) => {
      await replica.put(key, ...rest);
      this.harmed.delete(`${name}:${key}`);
    };
    return new Proxy(replica, {
      get: (target, property) => {
        if (property === 'put') return put;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Keys of a level on a replica that are on record. */
  keys(level: number, replica = 'one'): string[] {
    return this.world
      .files(DB)
      .filter((file) => file.level === level && file.replica === replica)
      .map(({ minTxid, maxTxid }) => `shop/${DB}/${level}/${minTxid}-${maxTxid}.ltx`);
  }

  async lose(key: string, replica = 'one'): Promise<void> {
    const [outcome] = await this.world.stored.get(replica)!.deleteMany([key]);
    expect(outcome?.error).toBeNull();
    this.harmed.add(`${replica}:${key}`);
  }

  /** Other bytes of the same length under the same key, as a bad disk leaves them. */
  async damage(key: string, replica = 'one'): Promise<void> {
    const place = this.world.stored.get(replica)!;
    const bytes = Buffer.from(await read(place, key));
    bytes[bytes.length >> 1]! ^= 0x10;
    const id = `${replica}:${key}`;
    // The same bit once more.
    if (!this.harmed.delete(id)) this.harmed.add(id);
    await place.put(key, sourceOf(bytes), {
      sizeBytes: bytes.byteLength,
      sha256: sha256Hex(bytes),
      metadata: {},
    });
  }

  /** Every point that is offered restores to what the database was then. */
  async checkPoints(): Promise<bigint[]> {
    const points = pointsOf(this.world, DB);
    for (const txid of points) {
      const same = (await bytesAt(this.world, DB, txid)).equals(this.at.get(txid)!);
      expect(same, `at ${txid}`).toBe(true);
    }
    return points;
  }

  [Symbol.dispose](): void {
    this.world[Symbol.dispose]();
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
  }
}
