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
  // Nor in level 0, of which it could be made anew.
  world.engine.log.sql.run('DELETE FROM payload');
  const other = new ModelDatabase({ pageSize: 512 });
  for (let i = 0; i < 60; i++) {
    await world.write('b.db', other);
    await world.pass(10_000, 5_000);
  }
  await world.pass(20_000, 5_000);
  expect(world.events('replica.failed')).toEqual([]);
  expect(world.highWaterMark('b.db')).toBe(other.pos.txid);
  // It is said when it is found, and once more when it is certain.
  const errors = world.logs.filter(({ level }) => level === 'error').map(({ msg }) => msg);
  expect(errors).toEqual([
    'storing failed',
    'a stored file is missing',
    'stored files are lost: the whole database is asked for',
  ]);
  expect(world.due.of('one').counts.builds).toBe(0);
  expect(world.events('file.damaged')).toHaveLength(1);
  expect(world.engine.state('a.db')).toMatchObject({ withheld: true, untilWhole: true });
  expect(world.highWaterMark('a.db')).toBe(1n);
});
