import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { levelsOf } from '../../src/agent/levels.ts';
import type { AgentDatabase, AgentReplica } from '../../src/agent/plan.ts';
import { ReplicatedDatabase } from '../../src/agent/replicated-database.ts';
import { openRestore } from '../../src/agent/restore/open-restore.ts';
import { validate } from '../../src/agent/validate.ts';
import type { ClockReading } from '../../src/commands/clock.ts';
import { metadataFromFile } from '../../src/compactor/run/metadata.ts';
import type { PointQuery } from '../../src/engine/restore/points.ts';
import { createLogger } from '../../src/logging.ts';
import { openReplica } from '../../src/storage/index.ts';
import { tempDir } from '../support/temp-dir.ts';

const log = createLogger({ level: 'silent', format: 'json' });

/** A live database and its agent, with a clock that the test turns. */
class Site {
  readonly folder = tempDir();
  readonly path = join(this.folder, 'app.db');
  readonly app: Database.Database;
  clock: ClockReading = { wall: 1_800_000_000_000, monotonic: 0 };
  agent!: ReplicatedDatabase;
  readonly #replicas: readonly [string, number][];

  /** @param replicas names and sync intervals, ms */
  constructor(...replicas: readonly [string, number][]) {
    this.#replicas = replicas;
    this.app = new Database(this.path);
    this.app.pragma('journal_mode = wal');
    this.app.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)');
  }

  async start(): Promise<this> {
    const runtime = { version: '0', clock: () => this.clock, bootId: 'boot', log };
    this.agent = await ReplicatedDatabase.open(this.#plan(), runtime);
    return this;
  }

  write(text: string): void {
    this.app.prepare('INSERT INTO t (v) VALUES (?)').run(text);
  }

  /** Lets time pass a second at a time: a sync and a look at what is due in each. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i += 1) {
      const { wall, monotonic } = this.clock;
      this.clock = { wall: wall + 1_000, monotonic: monotonic + 1_000 };
      await this.agent.sync();
      this.agent.storage.tick();
      await this.agent.storage.settled();
    }
  }

  validate(replica: string) {
    return validate(this.agent, replica, { clock: () => this.clock });
  }

  /** The values that a restore point has. */
  async restored(replica: string, query: PointQuery | null = null): Promise<string[]> {
    const place = await openReplica(`file://${join(this.folder, replica)}`, {
      readMetadata: metadataFromFile,
    });
    const opened = await openRestore({
      replica: place,
      query,
      folder: join(this.folder, replica),
      scratchDirectory: tempDir(),
      parallelism: 4,
      onTotal: () => {},
      onBytes: () => {},
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.chunks) chunks.push(Uint8Array.from(chunk));
    await opened.close();
    const file = join(tempDir(), 'restored.db');
    writeFileSync(file, Buffer.concat(chunks));
    const db = new Database(file);
    try {
      return db.prepare('SELECT v FROM t ORDER BY id').pluck().all() as string[];
    } finally {
      db.close();
    }
  }

  files(replica: string, level: number): string[] {
    const folder = join(this.folder, replica, String(level));
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  async close(): Promise<void> {
    await this.agent.close('the test ends');
    this.app.close();
  }

  #plan(): AgentDatabase {
    const [first, ...others] = this.#replicas.map(([name, syncIntervalMs]): AgentReplica => {
      const url = `file://${join(this.folder, name)}`;
      const retentionMs = 86_400_000;
      return {
        name,
        url,
        syncIntervalMs,
        compaction: levelsOf({ syncIntervalMs, retentionMs, snapshotIntervalMs: null }),
        validationIntervalMs: null,
        open: () => openReplica(url, { readMetadata: metadataFromFile }),
      };
    });
    return {
      path: this.path,
      metaDirectory: join(this.folder, '.app.db-lfsb'),
      replicas: [first!, ...others],
      monitorIntervalMs: 1_000,
      busyTimeoutMs: 1_000,
      checkpoint: { framesMin: 1_000, intervalMs: 60_000 },
    };
  }
}

describe('a replicated database', () => {
  let site: Site;
  afterEach(() => site.close());

  test('is on its replica a sync later, and every sync is a restore point', async () => {
    site = await new Site(['one', 1_000]).start();
    const states: { at: number; values: string[] }[] = [];
    const values: string[] = [];
    for (let i = 0; i < 8; i += 1) {
      site.write(`v${i}`);
      values.push(`v${i}`);
      await site.pass(1);
      states.push({ at: site.clock.wall, values: [...values] });
    }
    await site.pass(2);
    expect(await site.restored('one')).toEqual(values);
    for (const { at, values: then } of states) {
      expect(await site.restored('one', { timestamp: at })).toEqual(then);
    }
  });

  test('costs nothing while it is idle', async () => {
    site = await new Site(['one', 1_000]).start();
    site.write('a');
    await site.pass(400);
    const files = [1, 2, 3, 9].map((level) => site.files('one', level));
    await site.pass(60);
    expect([1, 2, 3, 9].map((level) => site.files('one', level))).toEqual(files);
  });

  test('is stored to the last transaction by a flush, whatever the sync interval', async () => {
    site = await new Site(['one', 300_000]).start();
    site.write('a');
    await site.pass(2);
    site.write('b');
    await site.agent.sync();
    expect(await site.agent.storage.flush()).toEqual([]);
    expect(await site.restored('one')).toEqual(['a', 'b']);
  });

  test('has several replicas, each by its own interval', async () => {
    site = await new Site(['fast', 1_000], ['slow', 60_000]).start();
    for (let i = 0; i < 90; i += 1) {
      site.write(`v${i}`);
      await site.pass(1);
    }
    await site.pass(2);
    expect(site.files('fast', 1).length).toBeGreaterThan(80);
    expect(site.files('slow', 1).length).toBeLessThan(4);
    expect((await site.restored('fast')).length).toBe(90);
    const slow = await site.restored('slow');
    expect(slow.length).toBeGreaterThan(25);
    expect(slow).toEqual(Array.from({ length: slow.length }, (_, i) => `v${i}`));
  });

  test('goes on where it stopped, with what was written meanwhile', async () => {
    site = await new Site(['one', 1_000]).start();
    site.write('a');
    await site.pass(3);
    await site.agent.close('restart');
    site.write('b');
    await site.start();
    site.write('c');
    await site.pass(3);
    expect(await site.restored('one')).toEqual(['a', 'b', 'c']);
  });

  test('has its log to itself: a second agent is refused', async () => {
    site = await new Site(['one', 1_000]).start();
    await expect(site.start()).rejects.toMatchObject({ code: 'EDATADIR' });
  });

  test("a copy of the replica's folder that is made meanwhile restores", async () => {
    site = await new Site(['one', 1_000]).start();
    for (let i = 0; i < 20; i += 1) {
      site.write(`v${i}`);
      await site.pass(1);
    }
    const copy = join(site.folder, 'copy', '1');
    mkdirSync(copy, { recursive: true });
    for (const name of site.files('one', 1).slice(0, 12))
      copyFileSync(join(site.folder, 'one', '1', name), join(copy, name));
    const values = await site.restored('copy');
    expect(values.length).toBeGreaterThan(8);
  });

  test('proves by building it what a replica has, and sends all anew where that fails', async () => {
    site = await new Site(['one', 1_000]).start();
    for (let i = 0; i < 5; i += 1) {
      site.write(`v${i}`);
      await site.pass(1);
    }
    await site.pass(2);
    expect(await site.validate('one')).toMatchObject({ outcome: 'passed', points: 1, failure: null });
    const victim = site.files('one', 1).at(-1);
    const path = join(site.folder, 'one', '1', victim!);
    const bytes = readFileSync(path);
    bytes[150]! ^= 1;
    writeFileSync(path, bytes);
    await expect(site.restored('one')).rejects.toMatchObject({ name: 'LtxError' });
    expect(await site.validate('one')).toMatchObject({ outcome: 'failed', failure: { code: 'ECORRUPT' } });
    await site.pass(3);
    expect(await site.restored('one')).toEqual(['v0', 'v1', 'v2', 'v3', 'v4']);
    expect(await site.validate('one')).toMatchObject({ outcome: 'passed' });
  });
});
