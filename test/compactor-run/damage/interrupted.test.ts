import { expect, it } from 'vitest';
import { DB, Lossy } from './lossy.ts';

it('a repair that a crash has interrupted once it was stored ends, and what it made is not undone', async () => {
  using lossy = await Lossy.start(['one']);
  await lossy.live(400);
  const { world } = lossy;
  const key = lossy.keys(3).at(-1)!;
  await lossy.lose(key);
  world.suspects.note({ cluster: 'shop', db: DB, replica: 'one', key }, world.now);
  world.crashAfter = (step) => step === 'put' && world.outbox().some((row) => row['key'] === key);
  await world.pass(120_000, 5_000);
  expect(world.hasCrashed).toBe(true);
  world.crashAfter = () => false;
  await world.start();
  await lossy.live(400);
  expect(world.events('file.damaged')).toHaveLength(1);
  expect(world.outbox().filter((row) => row['kind'] !== 'expire')).toEqual([]);
  const there = await world.keys('one');
  expect(lossy.keys(3)).toContain(key);
  for (const each of [1, 2, 3, 9].flatMap((level) => lossy.keys(level))) expect(there).toContain(each);
  await lossy.checkPoints();
});
