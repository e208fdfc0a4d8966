import { describe, expect, it } from 'vitest';
import { SETTLE_MS } from '../../src/commands/decide-storage.ts';
import { type Replica, StorageError } from '../../src/storage/index.ts';
import { ACTOR } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { World } from './world.ts';

const drop = (world: World, db: string): void => {
  world.engine.execute({ type: 'delete', cluster: 'shop', db, actor: ACTOR, clock: world.engine.clock });
};

const FIRST = 'shop/a.db/1/0000000000000001-0000000000000001.ltx';

describe('a deleted database', () => {
  it('leaves a tombstone on each replica, then none of its objects, and says when that is so', async () => {
    using world = await World.start({ replicas: ['one', 'two'] });
    await world.write('a.db', new ModelDatabase());
    await world.write('b.db', new ModelDatabase());
    await world.pass(20_000);
    drop(world, 'a.db');
    await world.pass(1_000);
    for (const name of ['one', 'two']) {
      const keys = await world.keys(name);
      expect(keys.filter((key) => key.startsWith('shop/a.db/'))).toEqual([]);
      expect(keys.filter((key) => key.startsWith('.lfsb/deleted/shop/a.db/'))).toHaveLength(1);
      expect(keys).toContain('shop/b.db/1/0000000000000001-0000000000000001.ltx');
    }
    expect(world.events('database.purged').map(({ replica, objects }) => [replica, objects])).toEqual(
      expect.arrayContaining([
        ['one', 1],
        ['two', 1],
      ]),
    );
    expect(world.outbox()).toEqual([]);
  });

  it('takes what a file is just being made of, and nobody is told of a failure', async () => {
    using world = await World.start();
    await world.write('a.db', new ModelDatabase());
    let isDeleted = false;
    world.crashAfter = (step) => {
      if (step === 'begun' && !isDeleted) drop(world, 'a.db');
      isDeleted ||= step === 'begun';
      return false;
    };
    await world.pass(SETTLE_MS + 20_000, 10_000);
    expect(isDeleted).toBe(true);
    expect(world.logs.filter(({ level }) => level === 'error')).toEqual([]);
    expect((await world.keys()).filter((key) => key.startsWith('shop/'))).toEqual([]);
    expect(world.outbox()).toEqual([]);
  });

  it('is gone before anything is stored under its name again', async () => {
    using world = await World.start();
    await world.write('a.db', new ModelDatabase());
    await world.pass(20_000);
    drop(world, 'a.db');
    await world.write('a.db', new ModelDatabase());
    expect(world.highWaterMark('a.db', 2)).toBe(0n);
    await world.pass(20_000);
    expect((await world.keys()).filter((key) => key.startsWith('shop/'))).toEqual([FIRST]);
    expect(world.files('a.db', 1)).toEqual([]);
    expect(world.files('a.db', 2)).toHaveLength(1);
    expect(world.highWaterMark('a.db', 2)).toBe(1n);
  });

  it('holds its name back for a while when a deletion has failed: it may arrive late', async () => {
    let down = false;
    const wrap = (replica: Replica): Replica =>
      new Proxy(replica, {
        get(target, property) {
          if (down && property === 'deleteMany') {
            return async () => Promise.reject(new StorageError('EUNAVAILABLE', 'no answer'));
          }
          const value: unknown = Reflect.get(target, property);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    using world = await World.start({ wrap });
    await world.write('a.db', new ModelDatabase());
    await world.pass(20_000);
    down = true;
    drop(world, 'a.db');
    await world.write('a.db', new ModelDatabase());
    await world.pass(5_000);
    down = false;
    await world.pass(SETTLE_MS - 20_000, 10_000);
    expect((await world.keys()).filter((key) => key.startsWith('shop/'))).toEqual([]);
    await world.pass(60_000, 5_000);
    expect(await world.keys()).toContain(FIRST);
    expect(world.events('replica.failed')).toHaveLength(1);
    expect(world.events('replica.recovered')).toHaveLength(1);
  });

  it('is deleted to the end though the process ends after any of its steps', async () => {
    for (let step = 1; step <= 8; step++) {
      using world = await World.start();
      await world.write('a.db', new ModelDatabase());
      await world.pass(20_000);
      drop(world, 'a.db');
      let left = step;
      world.crashAfter = () => --left === 0;
      await world.pass(5_000);
      world.crashAfter = () => false;
      await world.start();
      await world.pass(SETTLE_MS + 20_000, 10_000);
      expect((await world.keys()).filter((key) => key.startsWith('shop/'))).toEqual([]);
      expect(world.outbox()).toEqual([]);
      expect(world.events('database.purged')).toHaveLength(1);
    }
  });
});

describe('expiry', () => {
  it('does not happen under a clock that jumped', async () => {
    using world = await World.start();
    const model = new ModelDatabase();
    await world.write('a.db', model);
    await world.pass(20_000);
    await world.write('a.db', model);
    await world.pass(20_000);
    world.engine.clock = { ...world.engine.clock, wall: world.now + 10 * 365 * 86_400_000 };
    await world.pass(3_600_000, 60_000);
    expect(world.events('file.expired')).toEqual([]);
    expect(world.events('payloads.expired')).toEqual([]);
  });

  it('waits while somebody reads', async () => {
    using world = await World.start();
    const model = new ModelDatabase();
    await world.write('a.db', model);
    await world.pass(20_000);
    const unpin = world.pins.pin('shop', 'a.db');
    await world.pass(2 * 3_600_000, 60_000);
    expect(world.events('payloads.expired')).toEqual([]);
    unpin();
    await world.pass(3_600_000, 60_000);
    expect(world.events('payloads.expired')).toHaveLength(1);
  });
});
