import { expect, it } from 'vitest';
import { parseCompaction } from '../../src/compactor/plan/index.ts';
import { planTurn } from '../../src/compactor/run/plan-turn.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { pointsOf } from './restoring.ts';
import { World } from './world.ts';

const SOON = { levels: '1:10s:1m,2:30s:5m,3:150s:10m', snapshot: '5m:20m' };

it('nothing expires by a plan that does not know all that is stored by now', async () => {
  using world = await World.start({ ...SOON, replicas: ['one', 'two'] });
  const model = new ModelDatabase({ pageSize: 512 });
  for (let i = 0; i < 3; i++) {
    await world.write('a.db', model);
    await world.pass(10_000, 5_000);
  }
  const unpin = world.pins.pin('shop', 'a.db');
  await world.pass(120_000, 5_000);
  const plan = planTurn(world.engine.log.sql, {
    ...{ cluster: 'shop', db: 'a.db', replica: 'one', config: world.config, unfinished: [], expire: true },
    ...{ replicas: [{ name: 'one', required: true }], now: world.now, trusted: true },
  })!;
  expect(plan.expired.length).toBeGreaterThan(0);
  await world.write('a.db', model);
  await world.pass(20_000, 5_000);
  unpin();
  const { expired: files, payloadsThrough, incarnation, storedVersion } = plan;
  const begin = (version: number) =>
    world.engine.execute({
      ...{ type: 'storage.expire', cluster: 'shop', db: 'a.db', incarnation, files, payloadsThrough },
      ...{ storedVersion: version, clock: world.engine.clock },
    });
  expect(begin(storedVersion)).toEqual({ outcome: 'stale' });
  expect(world.outbox()).toEqual([]);
  const row = world.engine.log.sql.get<{ version: number }>(
    'SELECT max(version) AS version FROM event WHERE stream = ?',
    'storage/shop/a.db/1',
  );
  expect(begin(row!.version)).toEqual({ outcome: 'begun' });
  expect(world.outbox()).toHaveLength(files.length);
});

it('a replica that keeps its files for a shorter time takes no transaction of level 0 before its time', async () => {
  const compactions = { two: parseCompaction(SOON.levels, SOON.snapshot) };
  using world = await World.start({ replicas: ['one', 'two'], compactions });
  const model = new ModelDatabase({ pageSize: 512 });
  const txids = [];
  for (let i = 0; i < 20; i++) {
    await world.write('a.db', model);
    await world.write('a.db', model);
    txids.push(model.pos.txid - 1n, model.pos.txid);
    await world.pass(60_000, 10_000);
  }
  expect(world.files('a.db').some(({ replica }) => replica === 'two')).toBe(true);
  // Promised for the hour that the first one's level 1 is kept.
  expect(pointsOf(world, 'a.db')).toEqual(expect.arrayContaining(txids));
  await world.pass(2 * 3_600_000, 60_000);
  expect(world.engine.table('payload')).toEqual([]);
});
