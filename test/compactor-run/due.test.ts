import { describe, expect, it } from 'vitest';
import { BUILDS_PER_TURN_MAX, planTurn } from '../../src/compactor/run/plan-turn.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { Faulty } from './bad-days/faulty.ts';
import { World } from './world.ts';

const LEVEL1 = { levels: '1:10s:4h', snapshot: '2h:8h' };
const NOTHING = { databases: 0, builds: 0, deletes: 0 };

const dueOf = (world: World, replica = 'one') => world.due.of(replica).counts;

describe('what is due', () => {
  it('is what the last plans ask for and a replica does not take, and nothing when all is done', async () => {
    const faulty = new Faulty();
    using world = await World.start({
      ...LEVEL1,
      replicas: ['one', 'two'],
      wrap: (replica, _, name) => (name === 'two' ? faulty.around(replica, world) : replica),
    });
    faulty.down = true;
    const model = new ModelDatabase({ pageSize: 512 });
    for (let i = 0; i < 30; i++) {
      await world.write('a.db', model);
      await world.pass(10_000);
    }
    await world.write('b.db', new ModelDatabase({ pageSize: 512 }));
    await world.pass(600_000, 10_000);
    expect(dueOf(world)).toEqual(NOTHING);
    expect(dueOf(world, 'two').builds).toBeGreaterThanOrEqual(30);
    expect(dueOf(world, 'two').databases).toBe(2);
    faulty.down = false;
    await world.pass(600_000, 10_000);
    expect(dueOf(world, 'two')).toEqual(NOTHING);
  });

  it('counts what may go and is held by somebody who reads', async () => {
    using world = await World.start({ levels: '1:10s:1m,2:30s:5m,3:150s:10m', snapshot: '5m:20m' });
    const model = new ModelDatabase({ pageSize: 512 });
    for (let i = 0; i < 6; i++) {
      await world.write('a.db', model);
      await world.pass(10_000, 5_000);
    }
    const unpin = world.pins.pin('shop', 'a.db');
    await world.pass(3_600_000, 30_000);
    expect(dueOf(world).deletes).toBeGreaterThan(5);
    unpin();
    await world.pass(3_600_000, 30_000);
    expect(dueOf(world)).toEqual(NOTHING);
  });
});

it('a put that failed is wanted though the turn does not come to it', async () => {
  using world = await World.start(LEVEL1);
  const model = new ModelDatabase({ pageSize: 512 });
  for (let i = 0; i < BUILDS_PER_TURN_MAX + 6; i++) {
    await world.write('a.db', model);
    world.engine.pass(10_000);
  }
  const task = {
    ...{ cluster: 'shop', db: 'a.db', replica: 'one', config: world.config },
    ...{ replicas: [{ name: 'one', required: true }], now: world.now, trusted: true, expire: false },
  };
  const plan = planTurn(world.engine.log.sql, { ...task, unfinished: [] })!;
  expect(plan).toMatchObject({ buildsDue: expect.any(Number), wanted: [] });
  expect(plan.builds).toHaveLength(BUILDS_PER_TURN_MAX);
  expect(plan.buildsDue).toBeGreaterThan(BUILDS_PER_TURN_MAX);
  const txid = (BUILDS_PER_TURN_MAX + 2).toString(16).padStart(16, '0');
  const key = `shop/a.db/1/${txid}-${txid}.ltx`;
  const other = key.replace('/1/', '/2/');
  expect(planTurn(world.engine.log.sql, { ...task, unfinished: [key, other] })!.wanted).toEqual([key]);
});
