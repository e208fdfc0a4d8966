import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { freshDirectory } from '../../src/compactor/run/fresh-files.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { World } from './world.ts';

it('a replica that has lost a file of one database is not failing, and holds up no other', async () => {
  using world = await World.start();
  await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
  await world.pass(20_000);
  const [key] = await world.keys();
  await world.stored.get('one')!.deleteMany([key!]);
  // Nor is it in the cache.
  rmSync(freshDirectory(world.places.cacheDirectory), { recursive: true });
  const other = new ModelDatabase({ pageSize: 512 });
  for (let i = 0; i < 60; i++) {
    await world.write('b.db', other);
    await world.pass(10_000, 5_000);
  }
  await world.pass(20_000, 5_000);
  expect(world.events('replica.failed')).toEqual([]);
  expect(world.highWaterMark('b.db')).toBe(other.pos.txid);
  // It is said as long as it lasts, once a minute, and shows in what is due.
  const errors = world.logs.filter(({ level }) => level === 'error');
  expect(new Set(errors.map(({ msg }) => msg))).toEqual(new Set(['storing failed']));
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.length).toBeLessThanOrEqual(11);
  expect(world.due.of('one').counts.builds).toBe(1);
  expect(world.highWaterMark('a.db')).toBe(1n);
});
