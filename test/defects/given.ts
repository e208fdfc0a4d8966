import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DEFAULT_STORAGE, type StorageConfig } from '../../src/config/index.ts';
import { Driven } from '../compactor-run/driven.ts';
import type { HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';

/** A server that stores to a directory, or where it is told to, by a clock that the test drives. */
export class Given implements AsyncDisposable {
  readonly server: TestServer;
  readonly driven: Driven;
  readonly client: HttpClient;
  /** The replica, where it is a directory. */
  readonly root: string;

  private constructor(server: TestServer, driven: Driven, root: string) {
    this.server = server;
    this.driven = driven;
    this.client = server.client('shop');
    this.root = root;
  }

  static async start(storage: Partial<StorageConfig> = {}): Promise<Given> {
    const [root, driven] = [tempDir(), new Driven()];
    const config = { storage: { ...DEFAULT_STORAGE, replicas: [pathToFileURL(root).href], ...storage } };
    return new Given(await TestServer.start({ config, clock: driven.clock, timer: driven }), driven, root);
  }

  /** A transaction made now, as a primary sends it. */
  async send(db: string, model: ModelDatabase): Promise<void> {
    const page = new Uint8Array(model.pageSize).fill(Number(model.pos.txid % 250n) + 1);
    const { ltx } = model.commit({ pages: [[1, page]], timestampMs: BigInt(this.driven.wall) });
    const { status, body } = await this.client.post(db, ltx);
    if (status !== 200) throw new Error(`${status} ${body.toString()}`);
  }

  mark(db: string): string {
    return String(this.server.query('SELECT txid FROM high_water WHERE db = ?', db)[0]?.['txid']);
  }

  /** Levels of the files that the directory has of a database, in their order. */
  levels(db: string): number[] {
    return filesIn(join(this.root, 'shop', db)).map((name) => Number(name.split('/')[0]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }
}

/** Files below a folder, by their path from it; none where there is no folder. */
export function filesIn(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export const database = (pageSize = 512): ModelDatabase => new ModelDatabase({ pageSize });
