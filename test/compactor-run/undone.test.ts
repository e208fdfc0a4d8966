import { expect, it } from 'vitest';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { unfinished } from './unfinished.ts';
import { World } from './world.ts';

const KEY = 'shop/a.db/1/0000000000000001-0000000000000001.ltx';
const BOTH = 'shop/a.db/1/0000000000000001-0000000000000002.ltx';

it('a build whose name is still being deleted waits for that, and does not ask again and again', async () => {
  using world = await World.start();
  await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
  unfinished(world, 'undo');
  await world.pass(60_000, 5_000);
  expect(await world.keys()).toEqual([]);
  await world.pass(600_000, 10_000);
  expect(await world.keys()).toContain(KEY);
  expect(world.outbox()).toEqual([]);
});

it('a put that failed is undone when no plan asks for its name any more, and not before', async () => {
  using world = await World.start();
  const model = new ModelDatabase({ pageSize: 512 });
  for (let i = 0; i < 2; i++) await world.write('a.db', model);
  await world.pass(20_000);
  expect(await world.keys()).toContain(BOTH);
  unfinished(world, 'put');
  const review = { type: 'storage.review', replica: 'one', cluster: 'shop', db: 'a.db' } as const;
  world.engine.execute({ ...review, wanted: [KEY], clock: world.engine.clock });
  expect(world.outbox()).toMatchObject([{ kind: 'put', key: KEY }]);
  world.engine.execute({ ...review, wanted: [], clock: world.engine.clock });
  expect(world.outbox()).toMatchObject([{ kind: 'undo', key: KEY }]);
});
