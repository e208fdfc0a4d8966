import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beginHistory } from '../../src/agent/begin-history.ts';
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
export class LiveSite {
  readonly folder = tempDir();
  readonly path = join(this.folder, 'app.db');
  readonly app: Database.Database;
  clock: ClockReading = { wall: 1_800_000_000_000, monotonic: 0 };
  agent!: ReplicatedDatabase;
  /** Waited for before a replica of this name is opened. */
  readonly held = new Map<string, Promise<void>>();
  #replicas: readonly [string, number][];

  /** @param replicas names and sync intervals, ms */
  constructor(...replicas: readonly [string, number][]) {
    this.#replicas = replicas;
    this.app = new Database(this.path);
    this.app.pragma('journal_mode = wal');
    this.app.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)');
  }

  async start(): Promise<this> {
    const runtime = { version: '0', clock: () => this.clock, bootId: 'boot', log };
    this.agent = await ReplicatedDatabase.open(this.plan(), runtime);
    return this;
  }

  /** As a restart with another configuration. */
  async restartWith(...replicas: readonly [string, number][]): Promise<void> {
    await this.agent.close('another configuration');
    this.#replicas = replicas;
    await this.start();
    await beginHistory(this.agent, { clock: () => this.clock, log });
  }

  /** Of a replica, which is its name in the log as well. */
  url(replica: string): string {
    return `file://${join(this.folder, replica)}`;
  }

  write(text: string): void {
    this.app.prepare('INSERT INTO t (v) VALUES (?)').run(text);
  }

  /** Lets time pass, a second at a time or `step` of them: a sync and a look at what is due in each. */
  async pass(seconds: number, step = 1): Promise<void> {
    for (let i = 0; i < seconds; i += step) {
      const { wall, monotonic } = this.clock;
      this.clock = { wall: wall + step * 1_000, monotonic: monotonic + step * 1_000 };
      await this.agent.sync();
      this.agent.storage.tick();
      await this.agent.storage.settled();
    }
  }

  validate(replica: string) {
    return validate(this.agent, this.url(replica), { clock: () => this.clock });
  }

  /** The values that a restore point has. */
  async restored(replica: string, query: PointQuery | null = null): Promise<string[]> {
    const place = await openReplica(this.url(replica), {
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
    await this.agent?.close('the test ends');
    this.app.close();
  }

  plan(): AgentDatabase {
    const [first, ...others] = this.#replicas.map(([name, syncIntervalMs]): AgentReplica => {
      const url = this.url(name);
      const retentionMs = 86_400_000;
      return {
        name: url,
        url,
        syncIntervalMs,
        compaction: levelsOf({ syncIntervalMs, retentionMs, snapshotIntervalMs: null }),
        validationIntervalMs: null,
        open: async (onMadeAnew) => {
          await this.held.get(name);
          return openReplica(url, { onMadeAnew, readMetadata: metadataFromFile });
        },
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
