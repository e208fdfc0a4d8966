import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WITHHOLD_AFTER_MS } from '../../src/commands/record-refusal.ts';
import { REFUSALS_RECORDED_PER_MINUTE_MAX } from '../../src/engine/writer/refusal-limiter.ts';
import { loadUsage } from '../../src/projections/usage.ts';
import { withWrongChecksum } from '../support/broken-ltx.ts';
import { ACTOR, InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

let engine: InProcess;
let model: ModelDatabase;

beforeEach(async () => {
  engine = new InProcess();
  model = new ModelDatabase({ pageSize: 512, seed: 1 });
  expect(await engine.outcome('a.db', model.commit({ commit: 600 }).ltx)).toBe('create');
  expect(await engine.outcome('a.db', model.mutate({ pagesMax: 700 }).ltx)).toBe('append');
});
afterEach(() => engine[Symbol.dispose]());

const typesOf = (): string[] =>
  engine.log.sql.all<{ type: string }>('SELECT type FROM event ORDER BY seq').map(({ type }) => type);

/** Damages one checksum of the index, as a bad disk or a bug would. */
function damageIndex(): void {
  const row = engine.log.sql.get<{ id: number; sums: Uint8Array }>(
    'SELECT * FROM page_checksums ORDER BY id DESC',
  )!;
  const sums = Uint8Array.from(row.sums);
  sums[3] = sums[3]! ^ 0x40;
  engine.log.sql.run('UPDATE page_checksums SET sums = ? WHERE id = ?', Buffer.from(sums), row.id);
}

describe('a name whose files keep failing', () => {
  it('is withheld after a minute, and re-based by a full snapshot', async () => {
    const wrong = withWrongChecksum(model.mutate({ pagesMax: 700 }));
    for (let passed = 0; passed < WITHHOLD_AFTER_MS; passed += 1_000) {
      expect(await engine.outcome('a.db', wrong)).toBe('EBADCHECKSUM');
      expect(engine.state('a.db')?.withheld).toBe(false);
      engine.pass(1_000);
    }
    const result = await engine.send('a.db', wrong);
    expect(result).toMatchObject({ kind: 'refused', recorded: true, withheld: true });
    expect(engine.state('a.db')?.withheld).toBe(true);
    // The primary has gone on meanwhile, to N above our TXID.
    model.mutate({ pagesMax: 700 });
    expect(await engine.outcome('a.db', model.snapshot())).toBe('rebase');
    expect(engine.state('a.db')).toMatchObject({ withheld: false, failingSince: null, pos: model.pos });
    expect(engine.indexChecksum('a.db')).toBe(model.pos.checksum);
    expect(await engine.outcome('a.db', model.mutate({ pagesMax: 700 }).ltx)).toBe('append');
    expect(typesOf().slice(3)).toEqual([
      'ingest.refused',
      'ingest.refused',
      'position.withheld',
      'transaction.rebased',
      'transaction.ingested',
    ]);
  });

  it('counts what it did not record', async () => {
    const wrong = withWrongChecksum(model.mutate({ pagesMax: 700 }));
    for (let i = 0; i < 10; i++) await engine.outcome('a.db', wrong);
    engine.pass(WITHHOLD_AFTER_MS);
    await engine.outcome('a.db', wrong);
    expect(loadUsage(engine.log.sql, 'shop', 'a.db').refusals).toBe(11);
  });

  it('starts over when a good file comes in between', async () => {
    const good = model.mutate({ pagesMax: 700 });
    const wrong = withWrongChecksum(good);
    expect(await engine.outcome('a.db', wrong)).toBe('EBADCHECKSUM');
    engine.pass(WITHHOLD_AFTER_MS - 1);
    expect(await engine.outcome('a.db', good.ltx)).toBe('append');
    const next = withWrongChecksum(model.mutate({ pagesMax: 700 }));
    engine.pass(WITHHOLD_AFTER_MS);
    expect(await engine.outcome('a.db', next)).toBe('EBADCHECKSUM');
    expect(engine.state('a.db')?.withheld).toBe(false);
  });

  it('may come back with the next file of the chain', async () => {
    const good = model.mutate({ pagesMax: 700 });
    for (const wait of [0, WITHHOLD_AFTER_MS]) {
      engine.pass(wait);
      await engine.outcome('a.db', withWrongChecksum(good));
    }
    expect(engine.state('a.db')?.withheld).toBe(true);
    expect(await engine.outcome('a.db', good.ltx)).toBe('append');
    expect(engine.state('a.db')?.withheld).toBe(false);
  });
});

describe('a name of which stored files are lost', () => {
  const withhold = (untilWhole: boolean) =>
    engine.execute({
      type: 'withhold',
      cluster: 'shop',
      db: 'a.db',
      untilWhole,
      actor: ACTOR,
      clock: engine.clock,
    });

  it('takes transactions, and is withheld until the whole database comes', async () => {
    expect(withhold(true)).toEqual({ withheld: true });
    expect(withhold(true)).toEqual({ withheld: false });
    for (let i = 0; i < 3; i++) {
      expect(await engine.outcome('a.db', model.mutate({ pagesMax: 700 }).ltx)).toBe('append');
      expect(engine.state('a.db')).toMatchObject({ withheld: true, untilWhole: true });
    }
    // Of the very position that it has.
    expect(await engine.outcome('a.db', model.snapshot())).toBe('rebase');
    expect(engine.state('a.db')).toMatchObject({ withheld: false, untilWhole: false, pos: model.pos });
    expect(await engine.outcome('a.db', model.mutate({ pagesMax: 700 }).ltx)).toBe('append');
  });

  it('is withheld no more after a deletion, from which it begins anew', async () => {
    withhold(true);
    expect(await engine.outcome('a.db', model.drop().ltx)).toBe('append');
    expect(engine.state('a.db')).toMatchObject({ withheld: false, untilWhole: false });
  });

  it('may have been withheld already for what any transaction ends', () => {
    expect(withhold(false)).toEqual({ withheld: true });
    expect(withhold(true)).toEqual({ withheld: true });
    expect(withhold(false)).toEqual({ withheld: false });
    expect(engine.state('a.db')).toMatchObject({ withheld: true, untilWhole: true });
  });
});

describe('a damaged content index', () => {
  /** A start: what was proven before is not believed any more. */
  const restarted = (): InProcess => {
    engine.log.close();
    return new InProcess(engine.directory);
  };

  it('withholds the name, whose primary then sends a full snapshot: nothing is lost', async () => {
    damageIndex();
    using next = restarted();
    const { ltx } = model.mutate({ pagesMax: 700 });
    const refused = await next.send('a.db', ltx);
    expect(refused).toMatchObject({
      kind: 'refused',
      refusal: { code: 'EUNAVAILABLE' },
      recorded: true,
      withheld: true,
    });
    expect(next.state('a.db')).toMatchObject({ withheld: true });
    expect(await next.outcome('a.db', ltx)).toBe('EUNAVAILABLE');
    expect(await next.outcome('a.db', model.snapshot())).toBe('rebase');
    expect(next.indexChecksum('a.db')).toBe(model.pos.checksum);
    expect(await next.outcome('a.db', model.mutate({ pagesMax: 700 }).ltx)).toBe('append');
  });

  it('is re-based by a snapshot of the very position it has', async () => {
    damageIndex();
    using next = restarted();
    const fork = new ModelDatabase({ pageSize: 512, seed: 1 });
    fork.commit({ commit: 600 });
    fork.mutate({ pagesMax: 700 });
    await next.send('a.db', fork.mutate({ pagesMax: 700 }).ltx);
    expect(next.state('a.db')?.withheld).toBe(true);
    expect(await next.outcome('a.db', model.snapshot())).toBe('rebase');
    expect(next.state('a.db')).toMatchObject({ withheld: false, pos: model.pos });
    expect(next.indexChecksum('a.db')).toBe(model.pos.checksum);
  });

  it('that is all there is not noticed: the right one is believed', async () => {
    using next = restarted();
    expect(await next.outcome('a.db', model.mutate({ pagesMax: 700 }).ltx)).toBe('append');
  });
});

describe('a flood of refusals', () => {
  it('under invented names fills the log up to its limit for a minute', async () => {
    const { ltx } = model.mutate({ pagesMax: 700 });
    const before = typesOf().length;
    for (let i = 0; i < REFUSALS_RECORDED_PER_MINUTE_MAX + 50; i++) await engine.outcome(`name-${i}`, ltx);
    expect(typesOf().length - before).toBe(REFUSALS_RECORDED_PER_MINUTE_MAX);
    engine.pass(60_000);
    await engine.outcome('name-0', ltx);
    expect(typesOf().length - before).toBe(REFUSALS_RECORDED_PER_MINUTE_MAX + 1);
    // One that was left out for the limit's sake is counted with the next.
    const late = `name-${REFUSALS_RECORDED_PER_MINUTE_MAX + 10}`;
    await engine.outcome(late, ltx);
    expect(loadUsage(engine.log.sql, 'shop', late).refusals).toBe(2);
  });
});
