import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pageChecksum } from '../../src/ltx/index.ts';
import { withWrongChecksum } from '../support/broken-ltx.ts';
import { ACTOR, InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { property } from '../support/property.ts';

const NAMES = ['orders.db', 'stock.db', 'notes.db'];
const PRIMARIES = ['LFSC0000000000000001', 'LFSC0000000000000002'];
const PAGE_SIZES = [512, 1024, 4096];
/** Large enough to reach into further chunks of 480 pages. */
const PAGES_MAX = 1_100;

const step = fc.record({
  db: fc.constantFrom(...NAMES),
  what: fc.constantFrom(
    'change',
    'change',
    'change',
    'resize',
    'drop',
    'delete',
    'bad',
    'again',
    'stale',
    'rebase',
    'jump',
    'garbage',
  ),
  pages: fc.integer({ min: 1, max: PAGES_MAX }),
  seconds: fc.integer({ min: 0, max: 40 }),
  primary: fc.constantFrom(null, ...PRIMARIES),
  pageSize: fc.constantFrom(...PAGE_SIZES),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Carries a step out; tells whether the file was to be taken, or null where it sent none. */
async function carryOut(
  engine: InProcess,
  models: Map<string, ModelDatabase>,
  one: Step,
): Promise<boolean | null> {
  const model = models.get(one.db) ?? new ModelDatabase({ pageSize: one.pageSize, seed: one.pages });
  models.set(one.db, model);
  const send = async (ltx: Uint8Array): Promise<boolean> =>
    (await engine.send(one.db, ltx, { primary: one.primary })).kind === 'accepted';
  const last = model.transactions.at(-1);
  switch (one.what) {
    case 'resize':
      return send(model.commit({ commit: one.pages }).ltx);
    case 'drop':
      return model.commitPages === 0 ? null : send(model.drop().ltx);
    case 'delete':
      engine.execute({ type: 'delete', cluster: 'shop', db: one.db, actor: ACTOR, clock: engine.clock });
      models.delete(one.db);
      return null;
    case 'bad':
      return last === undefined || model.commitPages === 0
        ? null
        : send(withWrongChecksum(forked(model).mutate()));
    case 'again':
      return last === undefined ? null : send(last.ltx);
    case 'stale':
      return model.transactions.length < 2 ? null : send(model.transactions[0]!.ltx);
    case 'rebase':
      return engine.state(one.db)?.withheld === true ? send(model.snapshot()) : null;
    case 'garbage':
      return send(Buffer.from('no LTX file at all'));
    case 'jump':
      engine.clock = { ...engine.clock, wall: engine.clock.wall + 7_200_000 };
      return null;
    default:
      if (model.commitPages === 0 && last !== undefined)
        return send(model.commit({ commit: 3, pageSize: one.pageSize }).ltx);
      return send(model.mutate({ pagesMax: 40 }).ltx);
  }
}

/** A copy of a model that may go another way. */
function forked(model: ModelDatabase): ModelDatabase {
  const copy = new ModelDatabase({ pageSize: model.pageSize, seed: 99 });
  copy.commitPages = model.commitPages;
  copy.pos = model.pos;
  for (const [page, data] of model.pages) copy.pages.set(page, data);
  return copy;
}

/** The index holds exactly the checksums of the model's pages, and they add up to the position. */
function expectIndex(engine: InProcess, db: string, model: ModelDatabase): void {
  const state = engine.state(db);
  expect(state?.pos).toEqual(model.pos);
  expect(state?.commit).toBe(model.commitPages);
  expect(engine.indexChecksum(db)).toBe(model.pos.checksum);
  const sums = [...model.pages].map(([page, data]): [number, bigint] => [page, pageChecksum(page, data)]);
  expect(engine.pageSums(db)).toEqual(new Map(sums));
}

it('projections rebuilt from the log are those that followed it, and the index proves itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      using engine = new InProcess();
      const models = new Map<string, ModelDatabase>();
      for (const one of steps) {
        engine.pass(one.seconds * 1_000);
        const before = engine.table('page_checksums');
        const accepted = await carryOut(engine, models, one);
        if (accepted === false) expect(engine.table('page_checksums')).toEqual(before);
        for (const [db, model] of models) if (model.pos.txid > 0n) expectIndex(engine, db, model);
      }
      const incremental = engine.projections();
      engine.log.rebuild();
      expect(engine.projections()).toEqual(incremental);
    }),
    property(25),
  );
});
