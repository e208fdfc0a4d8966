import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { IngestResult } from '../../../src/engine/writer/messages.ts';
import { LfsbError } from '../../../src/errors/index.ts';
import { applyLtx, type LtxEnds, PageSumTable } from '../../../src/ltx/index.ts';
import { RecordFile } from '../../../src/sources/record-file.ts';
import type { SyncReport } from '../../../src/sources/report.ts';
import { Source, type SourceOptions } from '../../../src/sources/source.ts';
import { IndexedState } from '../../../src/sources/stored-state.ts';
import type { SourceTransaction } from '../../../src/sources/transaction.ts';
import { ACTOR, InProcess } from '../../support/in-process.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { BytesTarget } from './bytes-target.ts';

/** A transaction as it was published. */
export interface Published {
  readonly kind: SourceTransaction['kind'];
  readonly ltx: Buffer;
}

const CLUSTER = 'agent';
const DB = 'app.db';

/** A live database in a folder of its own, and the engine that its transactions go to; both in this process. */
export class LiveDatabase implements Disposable {
  readonly folder: string;
  readonly path: string;
  readonly engine: InProcess;
  readonly published: Published[] = [];
  /** What happens while the next transaction is published. */
  meanwhile: (() => Promise<unknown>) | null = null;
  /** Thrown instead of publishing the next transaction. */
  failNext: Error | null = null;
  source: Source;
  readonly #options: Partial<SourceOptions>;

  constructor(options: Partial<SourceOptions> & { folder?: string } = {}) {
    this.folder = options.folder ?? tempDir();
    this.#options = options;
    mkdirSync(join(this.folder, 'meta'));
    this.path = options.path ?? join(this.folder, DB);
    this.engine = new InProcess();
    this.source = this.#newSource();
  }

  async sync(): Promise<SyncReport> {
    this.engine.pass(1_000);
    return this.source.sync();
  }

  /** The agent ends and begins anew; what it only had in memory is gone. */
  restart(): void {
    this.source.close();
    this.source = this.#newSource();
  }

  /**
   * The database as it is when nobody writes: main file and WAL, copied and put together by SQLite. Another process
   * copies: to close the file here would drop the locks of the source.
   */
  bytes(): Buffer {
    const copy = join(tempDir(), 'copy.db');
    const path = realpathSync(this.path);
    execFileSync('cp', [path, copy]);
    if (existsSync(`${path}-wal`)) execFileSync('cp', [`${path}-wal`, `${copy}-wal`]);
    const db = new Database(copy);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    return readFileSync(copy);
  }

  /** The database after the first `count` transactions. */
  async restored(count = this.published.length): Promise<Buffer> {
    const target = new BytesTarget();
    let sums = new PageSumTable();
    let previous: LtxEnds | undefined;
    for (const { kind, ltx } of this.published.slice(0, count)) {
      const applied = await applyLtx(Readable.from([ltx]), target, {
        sums,
        ...(previous === undefined ? {} : { previous }),
      });
      if (kind === 'deletion') sums = new PageSumTable();
      previous = kind === 'deletion' ? undefined : applied;
    }
    return target.bytes;
  }

  [Symbol.dispose](): void {
    this.source.close();
    this.engine[Symbol.dispose]();
  }

  #newSource(): Source {
    return new Source({
      path: this.path,
      stored: new IndexedState(this.engine.log.sql, CLUSTER, DB),
      record: new RecordFile(join(this.folder, 'meta', 'wal-position')),
      publish: (transaction) => this.#publish(transaction),
      now: () => this.engine.clock.wall,
      busyTimeoutMs: 200,
      checkpoint: { framesMin: 1_000, intervalMs: 60_000 },
      ...this.#options,
    });
  }

  async #publish(transaction: SourceTransaction): Promise<void> {
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) throw failure;
    const { meanwhile } = this;
    this.meanwhile = null;
    await meanwhile?.();
    const chunks: Uint8Array[] = [];
    for (const piece of transaction.pieces) if (piece !== null) chunks.push(piece);
    const result = await this.engine.ingest.receive({
      ...{ cluster: CLUSTER, db: DB, actor: ACTOR, primary: null },
      body: Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
    });
    requireAccepted(result);
    this.published.push({ kind: transaction.kind, ltx: Buffer.concat(chunks) });
  }
}

function requireAccepted(result: IngestResult): void {
  if (result.kind === 'refused') throw new LfsbError(result.refusal.code, result.refusal.message);
  if (result.how === 'duplicate') throw new Error('a source never sends the same twice');
}

/** What was published is what is there now, byte for byte. */
export async function expectSame(live: LiveDatabase): Promise<void> {
  const restored = await live.restored();
  const bytes = live.bytes();
  expect(restored.byteLength).toBe(bytes.byteLength);
  expect(restored.equals(bytes), 'the restored database is the live one').toBe(true);
}
