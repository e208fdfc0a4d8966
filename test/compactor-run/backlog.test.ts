import { expect, it } from 'vitest';
import { type Replica, StorageError } from '../../src/storage/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { bytesAt, pointsOf } from './restoring.ts';
import { World } from './world.ts';

/** A place that can be taken away. */
const goingDown = (replica: Replica, isDown: () => boolean): Replica =>
  new Proxy(replica, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      return (...of: unknown[]) =>
        isDown() ? Promise.reject(new StorageError('EUNAVAILABLE', 'down')) : value.apply(target, of);
    },
  });

it('a replica that was down for hours holds up nothing else, and catches up when it is back', async () => {
  let down = false;
  const wrapped: Replica[] = [];
  const wrap = (replica: Replica): Replica => {
    wrapped.push(replica);
    // The second one that is opened goes down: each has done something by then.
    return wrapped.length === 2 ? goingDown(replica, () => down) : replica;
  };
  using world = await World.start({ replicas: ['one', 'two'], wrap });
  const model = new ModelDatabase({ pageSize: 512 });
  await world.write('a.db', model);
  await world.pass(20_000);
  down = true;
  for (let minute = 0; minute < 6 * 60; minute++) {
    await world.write('a.db', model);
    await world.pass(60_000, 20_000);
  }
  // The required one went on, so level 0 has gone: the other can only copy from it.
  expect(world.highWaterMark('a.db')).toBe(model.pos.txid);
  expect(world.events('payloads.expired').length).toBeGreaterThan(0);
  down = false;
  await world.pass(3_600_000, 10_000);
  const files = world.files('a.db').filter(({ replica }) => replica === 'two');
  expect(files.at(-1)).toBeDefined();
  expect(files.some(({ maxTxid }) => BigInt(`0x${maxTxid}`) === model.pos.txid)).toBe(true);
  expect(pointsOf(world, 'a.db')).toContain(model.pos.txid);
  expect((await bytesAt(world, 'a.db', model.pos.txid)).equals(model.bytes())).toBe(true);
  expect(world.events('replica.failed')).toHaveLength(1);
  expect(world.events('replica.recovered')).toHaveLength(1);
  expect(world.outbox().filter(({ kind }) => kind === 'put')).toEqual([]);
});
