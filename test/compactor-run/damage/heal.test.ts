import { describe, expect, it } from 'vitest';
import { PointFinder } from '../../../src/engine/restore/point-finder.ts';
import { LfsbError } from '../../../src/errors/index.ts';
import { restorableFrom } from '../bad-days/alone.ts';
import { DB, Lossy } from './lossy.ts';

const shaOf = ({ world }: Lossy, key: string, replica = 'one'): string | undefined =>
  world
    .files(DB)
    .find((file) => file.replica === replica && key.endsWith(`${file.minTxid}-${file.maxTxid}.ltx`))?.sha256;

const behind = ({ world, model }: Lossy): number => Number(model.pos.txid - world.highWaterMark(DB));

describe.each([
  { replicas: ['one'], adapter: 'memory', how: 'lose', level: 1 },
  { replicas: ['one'], adapter: 'directory', how: 'damage', level: 2 },
  { replicas: ['one'], adapter: 'memory', how: 'lose', level: 3 },
  { replicas: ['one'], adapter: 'directory', how: 'lose', level: 9 },
  { replicas: ['one', 'two'], adapter: 'memory', how: 'damage', level: 3 },
  { replicas: ['one', 'two'], adapter: 'memory', how: 'damage', level: 9 },
] as const)('$how: a file of level $level on a replica in $adapter of $replicas', (each) => {
  const { replicas, adapter, how, level } = each;

  it('is on record once, made anew, and stalls nothing', async () => {
    using lossy = await Lossy.start(replicas, adapter);
    await lossy.live(400);
    const { world } = lossy;
    const key = lossy.keys(level).at(-1)!;
    const sha256 = shaOf(lossy, key);
    await lossy[how](key);
    await lossy.live(500);
    const [event, ...others] = world.events('file.damaged');
    expect(others).toEqual([]);
    expect(event).toMatchObject({ replica: 'one', level, found: how === 'lose' ? null : expect.anything() });
    expect(shaOf(lossy, key)).toBe(sha256);
    expect(world.engine.table('damaged_file')).toEqual([]);
    expect(world.events('position.withheld')).toEqual([]);
    expect(world.events('replica.failed')).toEqual([]);
    expect(behind(lossy)).toBeLessThan(10);
    const points = await lossy.checkPoints();
    const alone = await restorableFrom(world.stored.get('one')!, `shop/${DB}/`);
    const own = world.files(DB).filter(({ replica }) => replica === 'one');
    for (const file of own) expect(alone.has(BigInt(`0x${file.maxTxid}`))).toBe(true);
    expect(points.length).toBeGreaterThan(20);
  });
});

describe('what nothing is left of', () => {
  it.each([[['one']], [['one', 'two']]])('is given up, and a whole database leads on (%j)', async (names) => {
    using lossy = await Lossy.start(names);
    await lossy.live(400);
    const { world, model } = lossy;
    const lost = world.files(DB).filter((file) => file.level > 1);
    const gone = lost.map(({ maxTxid }) => BigInt(`0x${maxTxid}`));
    for (const replica of world.stored.keys())
      for (const level of [2, 3, 9])
        for (const key of lossy.keys(level, replica)) await lossy.lose(key, replica);
    // Nothing else leads there.
    await lossy.live(600);
    expect(world.events('position.withheld')).toMatchObject([{ untilWhole: true }]);
    expect(world.events('transaction.rebased')).toHaveLength(1);
    expect(behind(lossy)).toBeLessThan(10);
    const points = await lossy.checkPoints();
    const finder = new PointFinder(world.engine.log.sql);
    for (const txid of gone.filter((each) => !points.includes(each))) {
      const find = () => finder.find({ cluster: 'shop', db: DB }, { txid });
      expect(find).toThrow(expect.objectContaining({ code: 'ENOTXID' }));
      expect(find).toThrow(LfsbError);
    }
    await lossy.rest(80 * 60);
    expect(world.engine.table('damaged_file')).toEqual([]);
    expect(world.engine.table('payload')).toEqual([]);
    expect(world.files(DB)).toHaveLength(world.stored.size);
    expect(await lossy.checkPoints()).toEqual([model.pos.txid]);
  });

  it('of an idle database is asked for when a drill has found it', async () => {
    using lossy = await Lossy.start(['one']);
    await lossy.live(400);
    await lossy.rest(80 * 60);
    const { world, model } = lossy;
    const [key, ...others] = await world.keys('one', `shop/${DB}/`);
    expect(others).toEqual([]);
    await lossy.damage(key!);
    world.suspects.note({ cluster: 'shop', db: DB, replica: 'one', key: key! }, world.now);
    await lossy.rest(120);
    // The very position it has, as a base.
    expect(world.events('transaction.rebased')).toHaveLength(1);
    expect(await lossy.checkPoints()).toEqual([model.pos.txid]);
    await lossy.rest(80 * 60);
    expect(world.engine.table('damaged_file')).toEqual([]);
    expect(world.engine.table('payload')).toEqual([]);
    expect(await lossy.checkPoints()).toEqual([model.pos.txid]);
  });
});

describe('what comes back', () => {
  it('is used again', async () => {
    using lossy = await Lossy.start(['one']);
    await lossy.live(400);
    await lossy.rest(80 * 60);
    const { world, model } = lossy;
    const [key] = await world.keys('one', `shop/${DB}/`);
    await lossy.damage(key!);
    world.suspects.note({ cluster: 'shop', db: DB, replica: 'one', key: key! }, world.now);
    await world.pass(60_000, 10_000);
    expect(world.engine.state(DB)).toMatchObject({ untilWhole: true });
    expect(await lossy.checkPoints()).toEqual([]);
    // The same bit once more.
    await lossy.damage(key!);
    await world.pass(25 * 3_600_000, 300_000);
    expect(world.events('file.found')).toHaveLength(1);
    expect(await lossy.checkPoints()).toEqual([model.pos.txid]);
  });
});
