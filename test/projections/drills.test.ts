import { expect, test } from 'vitest';
import type { EventBody } from '../../src/events/index.ts';
import { fileDrilledAt, lastDrill } from '../../src/projections/drills.ts';
import { SAMPLE_BODIES } from '../events/sample-bodies.ts';
import { ACTOR, InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

const large = {
  replica: 'store',
  level: 9,
  minTxid: '0000000000000001',
  maxTxid: '0000000000000008',
} as const;
const name = { cluster: 'shop', db: 'a.db' };
const failed: EventBody<'database.verified'> = {
  ...SAMPLE_BODIES['database.verified'],
  ...name,
  failure: {
    replica: 'store',
    txid: large.maxTxid,
    code: 'ECORRUPT',
    message: 'it is not there',
    file: null,
  },
  largest: [],
};
const passed: EventBody<'database.verified'> = {
  ...failed,
  outcome: 'passed',
  failed: 0,
  failure: null,
  largest: [large],
};

test('the last drill, when one passed last, and which files were right: rebuilt as they were kept', async () => {
  using engine = new InProcess();
  const model = new ModelDatabase();
  await engine.send('a.db', model.mutate().ltx);
  const record = (body: EventBody<'database.verified'>): number | null =>
    engine.execute({ type: 'verified', body, actor: ACTOR, clock: engine.clock }).seq;
  const file = { ...name, incarnation: 1, ...large };
  expect(record(passed)).not.toBeNull();
  const passedAt = engine.clock.wall;
  expect(fileDrilledAt(engine.log.sql, file)).toBe(passedAt);
  engine.pass(1_000);
  record(failed);
  expect(lastDrill(engine.log.sql, 'shop', 'a.db')).toMatchObject({
    at: engine.clock.wall,
    outcome: 'failed',
    message: 'it is not there',
    passedAt,
  });
  expect(fileDrilledAt(engine.log.sql, file)).toBe(passedAt);
  const kept = engine.projections();
  engine.log.rebuild();
  expect(engine.projections()).toEqual(kept);
  const { replica: _, ...named } = large;
  record({ ...failed, failure: { ...failed.failure!, file: named } });
  expect(fileDrilledAt(engine.log.sql, file)).toBeNull();
});

test('a drill of a database that is deleted meanwhile is not on record, and goes with it', async () => {
  using engine = new InProcess();
  const model = new ModelDatabase();
  await engine.send('a.db', model.mutate().ltx);
  const command = { type: 'verified', body: passed, actor: ACTOR, clock: engine.clock } as const;
  engine.execute(command);
  engine.execute({ type: 'delete', ...name, actor: ACTOR, clock: engine.clock });
  expect(lastDrill(engine.log.sql, 'shop', 'a.db')).toBeNull();
  expect(engine.execute(command)).toEqual({ seq: null });
  await engine.send('a.db', new ModelDatabase().mutate().ltx);
  expect(engine.execute(command)).toEqual({ seq: null });
});
