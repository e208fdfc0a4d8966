import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openReadOnly } from '../../src/log/connection.ts';
import { applyLtx, type LtxEnds, PageSumTable, type Pos } from '../../src/ltx/index.ts';
import { loadDatabase } from '../../src/projections/databases.ts';
import { property } from '../support/property.ts';
import { Agent } from './support/agent.ts';
import { BytesTarget } from './support/bytes-target.ts';
import { type Step, step } from './support/history.ts';
import { Writer } from './support/writer.ts';

/** Longest time that an agent is given between two steps, ms. */
const PAUSE_MS_MAX = 40;

/** What a row weighs; the application keeps the sum of all in the transaction that changes them. */
const WEIGHT = 'id * (length(body) + unicode(hex(substr(body, 1, 1))))';
const SCHEMA = `CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB); CREATE INDEX i ON t (length(body)); CREATE TABLE v (n, rows, weight); INSERT INTO v VALUES (0, 0, 0);`;
const KEEP = `UPDATE v SET n = n + 1, rows = (SELECT count(*) FROM t), weight = (SELECT ifnull(sum(${WEIGHT}), 0) FROM t);`;
const fill = (rows: number, bytes: number): string =>
  `INSERT INTO t (body) WITH c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${rows}) SELECT randomblob(${bytes}) FROM c; DELETE FROM t WHERE id % 7 = ${rows % 7} OR id < (SELECT max(id) FROM t) - 2000;`;

class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'lfsb-history-'));
  readonly path = join(this.folder, 'app.db');
  readonly meta = join(this.folder, 'meta');
  #agent: Agent | null = null;
  #app: Writer | null = null;

  constructor() {
    mkdirSync(this.meta);
  }

  async begin(): Promise<void> {
    await this.#application().run(`PRAGMA journal_mode = wal; ${SCHEMA}`);
    this.#agent = new Agent(this.meta, this.path);
    await this.#agent.quiet(1);
  }

  async take(one: Step): Promise<void> {
    if (one.kind === 'commit') await this.#application().run(commit(one.rows, one.bytes));
    else if (one.kind === 'rollback')
      await this.#application().run(`BEGIN; ${fill(one.rows, 2_000)} ROLLBACK;`);
    else if (one.kind === 'checkpoint') await this.#application().run(`PRAGMA wal_checkpoint(${one.mode});`);
    else if (one.kind === 'vacuum') await this.#application().run('VACUUM;');
    else if (one.kind === 'kill') await this.#kill(one.within);
    else if (one.kind === 'end') await this.#endApplication();
    else if (one.kind === 'sync') await this.#agent?.quiet(1);
    else if (one.kind === 'wait') await sleep(350);
    else {
      await this.#agent?.end(one.orderly);
      this.#agent = new Agent(this.meta, this.path);
    }
  }

  /** Nobody writes any more, and all is stored. */
  async settle(): Promise<void> {
    await this.#endApplication();
    await this.#agent?.quiet();
  }

  /**
   * All that have the database open end, and the agent begins once more: then SQLite finds what a writer committed that
   * was killed before it told the others.
   */
  async recover(): Promise<void> {
    await this.#agent?.end(true);
    this.#agent = new Agent(this.meta, this.path);
    await this.#agent.quiet();
    await this.#agent.end(true);
  }

  /** The database as SQLite shows it to those that open it beside the agent. */
  shown(): Buffer {
    const db = new Database(this.path, { readonly: true });
    try {
      return db.serialize();
    } finally {
      db.close();
    }
  }

  /** The database as its files are, when nobody has it open. */
  bytes(): Buffer {
    const copy = join(this.folder, 'copy.db');
    for (const suffix of ['', '-wal']) {
      if (existsSync(`${this.path}${suffix}`))
        execFileSync('cp', [`${this.path}${suffix}`, `${copy}${suffix}`]);
    }
    const db = new Database(copy);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    return readFileSync(copy);
  }

  async end(): Promise<void> {
    await this.#app?.kill();
    await this.#agent?.end(false);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #application(): Writer {
    this.#app ??= new Writer('python', this.path);
    return this.#app;
  }

  async #kill(within: boolean): Promise<void> {
    const app = this.#application();
    if (within) {
      app.run(commit(700, 3_000)).catch(() => {});
      await sleep(15);
    }
    await app.kill();
    this.#app = null;
  }

  async #endApplication(): Promise<void> {
    await this.#app?.end();
    this.#app = null;
  }
}

const commit = (rows: number, bytes: number): string =>
  `BEGIN IMMEDIATE; ${fill(rows, bytes)} ${KEEP} COMMIT;`;

/** Every point that was published, in order, as a database that SQLite opens. */
async function expectPoints(world: World): Promise<Buffer> {
  const pos = positionOf(world);
  const target = new BytesTarget();
  const sums = new PageSumTable();
  let previous: LtxEnds | undefined;
  let newest = -1;
  const names = readdirSync(join(world.meta, 'published')).sort();
  for (const name of names) {
    if (BigInt(`0x${name.slice(0, 16)}`) > pos.txid) continue;
    const ltx = readFileSync(join(world.meta, 'published', name));
    previous = await applyLtx(Readable.from([ltx]), target, { sums, ...(previous && { previous }) });
    const n = expectCommitted(join(world.folder, 'point.db'), target.bytes);
    expect(n).toBeGreaterThanOrEqual(newest);
    newest = n;
  }
  expect(previous?.trailer?.postApplyChecksum).toBe(pos.checksum);
  return target.bytes;
}

/** A state at a commit is one whose rows weigh what the application said in it. */
function expectCommitted(path: string, bytes: Buffer): number {
  writeFileSync(path, bytes);
  const db = new Database(path);
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    const said = db.prepare('SELECT rows, weight FROM v').get();
    expect(said).toEqual(
      db.prepare(`SELECT count(*) AS rows, ifnull(sum(${WEIGHT}), 0) AS weight FROM t`).get(),
    );
    return Number(db.prepare('SELECT n FROM v').pluck().get());
  } finally {
    db.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  }
}

function positionOf(world: World): Pos {
  const sql = openReadOnly(join(world.meta, 'lfsb.db'));
  try {
    const pos = loadDatabase(sql, 'agent', 'app.db')?.pos;
    if (pos === null || pos === undefined) throw new Error('nothing was stored');
    return pos;
  } finally {
    sql.db.close();
  }
}

let world: World | null = null;
afterEach(() => world?.end());

describe('a database under an application and an agent that are killed at any time', () => {
  it('has only points that it was at, in order, and the newest is what is there once it is quiet', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.nat({ max: PAUSE_MS_MAX })), { minLength: 8, maxLength: 40, size: 'max' }),
        async (steps) => {
          world = new World();
          await world.begin();
          for (const [one, pauseMs] of steps) {
            await world.take(one);
            await sleep(pauseMs);
          }
          await world.settle();
          const newest = await expectPoints(world);
          expect(newest.equals(world.shown()), 'the newest point is what SQLite shows').toBe(true);
          await world.recover();
          const recovered = await expectPoints(world);
          expect(recovered.equals(world.bytes()), 'the newest point is what is there').toBe(true);
          await world.end();
        },
      ),
      { ...property(6), endOnFailure: true },
    );
  }, 600_000);
});
