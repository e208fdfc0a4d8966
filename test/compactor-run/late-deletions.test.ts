import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SETTLE_MS } from '../../src/commands/decide-storage.ts';
import type { DeleteOutcome, Replica } from '../../src/storage/index.ts';
import { ACTOR } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { Faulty } from './bad-days/faulty.ts';
import { unfinished } from './unfinished.ts';
import { World } from './world.ts';

const FIRST = 'shop/a.db/1/0000000000000001-0000000000000001.ltx';

const SOON = { levels: '1:10s:1m,2:30s:5m,3:150s:10m', snapshot: '5m:20m' };

const drop = (world: World): void => {
  world.engine.execute({
    type: 'delete',
    cluster: 'shop',
    db: 'a.db',
    actor: ACTOR,
    clock: world.engine.clock,
  });
};

/** What is on record as stored is what is there. */
async function expectAllThere(world: World): Promise<void> {
  const rows = world.engine.log.sql.all('SELECT level, min_txid, max_txid FROM stored_file');
  const recorded = rows.map((row) => `shop/a.db/${row['level']}/${row['min_txid']}-${row['max_txid']}.ltx`);
  expect(recorded).not.toEqual([]);
  expect((await filesOf(world)).sort()).toEqual(recorded.sort());
}

const filesOf = async (world: World) => (await world.keys()).filter((key) => key.startsWith('shop/'));

type Delete = (keys: readonly string[], really: () => Promise<DeleteOutcome[]>) => Promise<DeleteOutcome[]>;

/** A place whose deletions go another way. */
const deleting = (replica: Replica, way: Delete): Replica =>
  new Proxy(replica, {
    get(target, property) {
      if (property === 'deleteMany')
        return (keys: readonly string[]) => way(keys, () => target.deleteMany(keys));
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

describe('a deletion that takes its time', () => {
  it('of files that expired takes none that a new database of the name has stored meanwhile', async () => {
    const steps = new EventEmitter();
    const begun = once(steps, 'begun');
    const arrival = once(steps, 'arrive');
    let isSlow = true;
    const wrap = (replica: Replica) =>
      deleting(replica, async (keys, really) => {
        if (!isSlow || !keys.includes(FIRST)) return really();
        isSlow = false;
        steps.emit('begun');
        await arrival;
        return really();
      });
    using world = await World.start({ ...SOON, wrap });
    const model = new ModelDatabase({ pageSize: 512 });
    for (let i = 0; i < 3; i++) {
      await world.write('a.db', model);
      await world.pass(10_000, 5_000);
    }
    for (let look = 0; look < 200 && isSlow; look++) {
      world.engine.pass(10_000);
      world.compactor.tick();
      await Promise.race([world.compactor.settled(), begun]);
    }
    expect(isSlow).toBe(false);
    drop(world);
    await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
    for (let look = 0; look < 60 && world.files('a.db', 2).length === 0; look++) {
      world.engine.pass(1_000);
      world.compactor.tick();
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    }
    steps.emit('arrive');
    await world.compactor.settled();
    await world.pass(30_000, 5_000);
    await expectAllThere(world);
  });

  it('holds the name of a deleted database back, also when it was tried again and that worked', async () => {
    const tried = new Set<string>();
    const wrap = (replica: Replica) =>
      deleting(replica, async (keys, really) => {
        const isFirst = !tried.has(keys.join());
        tried.add(keys.join());
        const outcomes = await really();
        return isFirst ? outcomes.map((each) => ({ ...each, retried: true })) : outcomes;
      });
    using world = await World.start({ wrap });
    await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
    await world.pass(20_000);
    drop(world);
    await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
    await world.pass(SETTLE_MS - 10_000, 10_000);
    expect(await filesOf(world)).toEqual([]);
    await world.pass(60_000, 5_000);
    await expectAllThere(world);
    expect(world.events('replica.failed')).toEqual([]);
  });

  it('is over before a plan that has changed its mind stores a file of that name', async () => {
    const faulty = new Faulty();
    using world = await World.start({ wrap: (replica) => faulty.around(replica, world) });
    await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
    unfinished(world, 'undo');
    faulty.left = ['late'];
    await world.pass(1_200_000, 10_000);
    expect(faulty.left).toEqual([]);
    await expectAllThere(world);
    expect(world.outbox()).toEqual([]);
  });

  it('that failed under a clock years ahead is not waited for till then', async () => {
    using world = await World.start();
    await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
    unfinished(world, 'undo');
    const ahead = world.now + 10 * 365 * 86_400_000;
    world.engine.log.transaction(() => {
      world.engine.log.sql.run('UPDATE outbox SET failed_at = ?, begun_at = ?', ahead, ahead);
    });
    await world.pass(900_000, 10_000);
    await expectAllThere(world);
  });

  it('of a whole database that failed under a clock years ahead comes to its end, too', async () => {
    using world = await World.start();
    await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
    await world.pass(20_000);
    drop(world);
    const ahead = world.now + 10 * 365 * 86_400_000;
    world.engine.log.transaction(
      () => void world.engine.log.sql.run('UPDATE outbox SET failed_at = ?', ahead),
    );
    await world.pass(2 * SETTLE_MS, 10_000);
    expect(world.outbox()).toEqual([]);
    expect(world.events('database.purged')).toHaveLength(1);
  });
});
