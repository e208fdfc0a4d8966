import { expect, it } from 'vitest';
import { ACTOR } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { World } from './world.ts';

const TEN_YEARS = 3_650 * 86_400_000;

async function receivedAhead(world: World, model: ModelDatabase): Promise<void> {
  const { clock } = world.engine;
  world.engine.clock = { ...clock, wall: clock.wall + TEN_YEARS };
  await world.engine.send('a.db', model.mutate().ltx);
  world.engine.clock = clock;
  world.engine.execute({ type: 'clock.clear', actor: ACTOR, clock });
}

it('a transaction that was received under a clock years ahead keeps none that came later in level 0', async () => {
  using world = await World.start();
  const model = new ModelDatabase({ pageSize: 512, timestampMs: BigInt(world.now) });
  await world.write('a.db', model);
  await world.pass(20_000);
  await receivedAhead(world, model);
  for (let minute = 0; minute < 240; minute++) {
    await world.write('a.db', model);
    await world.pass(60_000, 20_000);
  }
  const promised = 60;
  expect(world.engine.table('payload').length).toBeGreaterThanOrEqual(promised);
  expect(world.engine.table('payload').length).toBeLessThanOrEqual(promised + 5);
});

it('the byte limit of level 0 takes the oldest, though one of them was received under a clock years ahead', async () => {
  const model = new ModelDatabase({ pageSize: 512 });
  using world = await World.start({ level0BytesMax: 4_000 });
  await receivedAhead(world, model);
  for (let i = 0; i < 40; i++) {
    await world.write('a.db', model);
    await world.pass(20_000, 10_000);
  }
  const sizes = world.engine.log.sql
    .all('SELECT size_bytes FROM payload')
    .map((row) => Number(row['size_bytes']));
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  expect(bytes).toBeLessThanOrEqual(4_000 + 2 * Math.max(...sizes));
  expect(bytes).toBeGreaterThan(4_000 - 8 * Math.max(...sizes));
});
