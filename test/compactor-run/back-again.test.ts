import { expect, it } from 'vitest';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { Faulty } from './bad-days/faulty.ts';
import { World } from './world.ts';

const FAILURE = { code: 'EUNAVAILABLE', message: 'it was away' };

/** A replica that has everything, and of which the log says that it fails: as of a process that ended then. */
async function startedAfterFailure(faulty: Faulty): Promise<World> {
  const world = await World.start({ wrap: (replica, each) => faulty.around(replica, each) });
  await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
  await world.pass(8 * 86_400_000, 3_600_000);
  const command = { type: 'storage.replica', replica: 'one', failure: FAILURE } as const;
  await world.engine.writer.execute({ ...command, clock: world.engine.clock });
  await world.start();
  return world;
}

it('a replica that failed is well as soon as it answers, though nothing is to be stored', async () => {
  const faulty = new Faulty();
  using world = await startedAfterFailure(faulty);
  faulty.down = true;
  await world.pass(3_600_000, 10_000);
  expect(world.events('replica.recovered')).toEqual([]);
  faulty.down = false;
  await world.pass(300_000, 10_000);
  expect(world.events('replica.recovered')).toHaveLength(1);
});

it('one that is well is not asked anything while nothing happens', async () => {
  using world = await startedAfterFailure(new Faulty());
  await world.pass(60_000);
  expect(world.events('replica.recovered')).toHaveLength(1);
  const before = world.calls();
  await world.pass(86_400_000, 60_000);
  expect(world.calls()).toEqual(before);
});

it('one that stays away is asked ever more seldom', async () => {
  const faulty = new Faulty();
  using world = await startedAfterFailure(faulty);
  faulty.down = true;
  let calls = 0;
  const { next } = faulty;
  faulty.next = (...call) => {
    calls += 1;
    return next(...call);
  };
  await world.pass(3_600_000);
  expect(calls).toBeGreaterThan(10);
  expect(calls).toBeLessThan(60);
});

it('one that takes no deletions does not come back and go again with each of them', async () => {
  const denied = new Faulty();
  denied.next = (operation) => (operation === 'delete' ? 'error-before' : null);
  using world = await World.start({
    levels: '1:10s:1m,2:30s:5m,3:150s:10m',
    snapshot: '5m:20m',
    wrap: (replica, each) => denied.around(replica, each),
  });
  await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
  await world.pass(7_200_000, 10_000);
  expect(world.events('replica.failed')).toHaveLength(1);
  expect(world.events('replica.recovered')).toEqual([]);
});
