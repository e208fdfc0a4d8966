import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STAGE_PAGES_MAX } from '../../src/engine/writer/stage.ts';
import { formatPos, pageChecksum } from '../../src/ltx/index.ts';
import { PAGES_PER_CHUNK } from '../../src/projections/content-index.ts';
import { HELD_CHUNKS_MAX } from '../../src/projections/index-change.ts';
import { withWrongChecksum } from '../support/broken-ltx.ts';
import { ACTOR, InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { eventually } from '../support/process-state.ts';

const PAGE_SIZE = 512;
/** More than one command may carry: the checksums go ahead of the commit, in parts. */
const MANY_PAGES = STAGE_PAGES_MAX * 2 + 100;

let engine: InProcess;

beforeEach(() => {
  engine = new InProcess();
});
afterEach(() => engine[Symbol.dispose]());

const page = (seed: number): Uint8Array => new Uint8Array(PAGE_SIZE).fill(seed & 0xff);

/** The pages from `first` on, each with content of its own kind. */
const pagesFrom = (first: number, count: number, seed: number, every = 1): [number, Uint8Array][] =>
  Array.from({ length: count }, (_, i) => [first + i * every, page(seed + i)]);

const generations = (state: string): number =>
  engine.log.sql.get<{ n: number }>('SELECT count(*) AS n FROM index_generation WHERE state = ?', state)!.n;

function expectIndex(db: string, model: ModelDatabase): void {
  expect(formatPos(engine.state(db)!.pos!)).toBe(formatPos(model.pos));
  expect(engine.indexChecksum(db)).toBe(model.pos.checksum);
  const sums = engine.pageSums(db)!;
  expect(sums.size).toBe(model.pages.size);
  for (const [number, data] of model.pages) {
    if (sums.get(number) !== pageChecksum(number, data))
      throw new Error(`page ${number} has another checksum`);
  }
}

/** A database of many pages, taken in. */
async function large(): Promise<ModelDatabase> {
  const model = new ModelDatabase({ pageSize: PAGE_SIZE });
  const { ltx } = model.commit({ pages: pagesFrom(1, MANY_PAGES, 1) });
  expect(await engine.outcome('large.db', ltx)).toBe('create');
  return model;
}

async function sweepAll(): Promise<void> {
  engine.sweeper.wake();
  await eventually('nothing dead', () => generations('dead') === 0);
}

describe('a snapshot too large for one command', () => {
  it('is staged chunk by chunk, and adopted by the commit', async () => {
    const model = await large();
    expectIndex('large.db', model);
    expect([generations('live'), generations('staged'), generations('dead')]).toEqual([1, 0, 0]);
  });

  it('leaves nothing live or staged when it is refused', async () => {
    const model = new ModelDatabase({ pageSize: PAGE_SIZE });
    const transaction = model.commit({ pages: pagesFrom(1, MANY_PAGES, 1) });
    const cut = transaction.ltx.subarray(0, transaction.ltx.byteLength - 40);
    expect(await engine.outcome('large.db', cut)).toBe('EBADLTX');
    expect([generations('live'), generations('staged')]).toEqual([0, 0]);
    await sweepAll();
    expect(engine.table('page_checksums')).toEqual([]);
    expect(await engine.outcome('large.db', transaction.ltx)).toBe('create');
    expectIndex('large.db', model);
  });

  it('leaves nothing behind when its client vanishes', async () => {
    const model = new ModelDatabase({ pageSize: PAGE_SIZE });
    const { ltx } = model.commit({ pages: pagesFrom(1, MANY_PAGES, 1) });
    const body = Readable.from(
      (function* () {
        yield Buffer.from(ltx.subarray(0, ltx.byteLength - 40));
        throw new Error('the client is gone');
      })(),
    );
    const receipt = engine.ingest.receive({
      cluster: 'shop',
      db: 'large.db',
      body,
      actor: ACTOR,
      primary: null,
    });
    await expect(receipt).rejects.toMatchObject({ code: 'EINCOMPLETE' });
    await eventually('all of it swept', () => engine.table('page_checksums').length === 0);
    expect([generations('live'), generations('staged'), generations('dead')]).toEqual([0, 0, 0]);
  });

  it('replaces a database that was dropped', async () => {
    const model = await large();
    expect(await engine.outcome('large.db', model.drop().ltx)).toBe('append');
    expect(engine.indexChecksum('large.db')).toBe(model.pos.checksum);
    const { ltx } = model.commit({ pages: pagesFrom(1, MANY_PAGES - 7, 50) });
    expect(await engine.outcome('large.db', ltx)).toBe('append');
    await sweepAll();
    expectIndex('large.db', model);
    expect(engine.table('page_checksums')).toHaveLength(Math.ceil((MANY_PAGES - 7) / PAGES_PER_CHUNK));
  });
});

describe('a transaction too large for one command', () => {
  it('is staged aside, and changes the index with the commit', async () => {
    const model = await large();
    const { ltx } = model.commit({ pages: pagesFrom(2, STAGE_PAGES_MAX + 50, 77) });
    expect(await engine.outcome('large.db', ltx)).toBe('append');
    expectIndex('large.db', model);
    await sweepAll();
    expect(engine.table('staged_pages')).toEqual([]);
    expectIndex('large.db', model);
  });

  it('may grow and may shrink the database by as much', async () => {
    const model = await large();
    const grown = model.commit({ pages: pagesFrom(MANY_PAGES + 1, STAGE_PAGES_MAX + 10, 3) });
    expect(await engine.outcome('large.db', grown.ltx)).toBe('append');
    expectIndex('large.db', model);
    expect(await engine.outcome('large.db', model.commit({ commit: 1_000 }).ltx)).toBe('append');
    expectIndex('large.db', model);
    expect(engine.table('page_checksums')).toHaveLength(Math.ceil(1_000 / PAGES_PER_CHUNK));
  });

  it('leaves the index as it was when it is refused', async () => {
    const model = await large();
    const before = engine.pageSums('large.db');
    const fork = new ModelDatabase({ pageSize: PAGE_SIZE });
    fork.commit({ pages: pagesFrom(1, MANY_PAGES, 1) });
    const wrong = withWrongChecksum(fork.commit({ pages: pagesFrom(2, STAGE_PAGES_MAX + 50, 77) }));
    expect(await engine.outcome('large.db', wrong)).toBe('EBADCHECKSUM');
    expect(engine.pageSums('large.db')).toEqual(before);
    await sweepAll();
    expect(engine.table('staged_pages')).toEqual([]);
    expectIndex('large.db', model);
  });

  it('may touch more chunks than are kept in memory', async () => {
    const chunks = HELD_CHUNKS_MAX + 20;
    const model = new ModelDatabase({ pageSize: PAGE_SIZE });
    const first = model.commit({
      commit: chunks * PAGES_PER_CHUNK,
      pages: pagesFrom(1, chunks * PAGES_PER_CHUNK, 1),
    });
    expect(await engine.outcome('wide.db', first.ltx)).toBe('create');
    const { ltx } = model.commit({
      commit: model.commitPages,
      pages: pagesFrom(5, chunks, 9, PAGES_PER_CHUNK),
    });
    expect(await engine.outcome('wide.db', ltx)).toBe('append');
    expectIndex('wide.db', model);
  });
});

it('a sweep deletes dead generations and leaves the living alone', async () => {
  const kept = await large();
  const model = new ModelDatabase({ pageSize: PAGE_SIZE });
  for (let i = 0; i < 3; i++) {
    expect(['create', 'append']).toContain(await engine.outcome('b.db', model.commit({ commit: 2_000 }).ltx));
    await engine.outcome('b.db', model.drop().ltx);
  }
  await engine.outcome('b.db', model.commit({ commit: 600 }).ltx);
  await sweepAll();
  expectIndex('large.db', kept);
  expectIndex('b.db', model);
  expect(engine.table('page_checksums')).toHaveLength(Math.ceil(MANY_PAGES / PAGES_PER_CHUNK) + 2);
});
