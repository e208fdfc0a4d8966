import { describe, expect, it } from 'vitest';
import { databaseHash, Windows } from '../../src/compactor/plan/windows.ts';
import { describeLtx, mergeToDatabase } from '../../src/ltx/index.ts';
import { gather } from '../../src/storage/bytes.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { World } from './world.ts';

const read = async (world: World, key: string): Promise<Buffer> => {
  const body = await world.stored.get('one')!.get(key);
  return gather(body, body.sizeBytes);
};

describe('building', () => {
  it('stores what a window of level 1 received as one file, with its metadata, and moves the high-water mark', async () => {
    using world = await World.start();
    const model = new ModelDatabase({ timestampMs: BigInt(world.now) });
    await world.engine.send('a.db', model.mutate().ltx);
    await world.engine.send('a.db', model.mutate().ltx);
    expect(world.highWaterMark('a.db')).toBe(0n);
    await world.pass(20_000);
    const key = 'shop/a.db/1/0000000000000001-0000000000000002.ltx';
    expect(await world.keys()).toEqual([key]);
    const { metadata } = (await world.stored.get('one')!.head(key))!;
    const file = await read(world, key);
    const { header, trailer } = describeLtx([file]);
    const [row] = world.files('a.db');
    expect(metadata).toEqual({
      'Page-Size': String(model.pageSize),
      Commit: String(model.commitPages),
      Timestamp: new Date(row!.effectiveTime).toISOString(),
      'Pre-Apply-Checksum': '0000000000000000',
      'Post-Apply-Checksum': trailer.postApplyChecksum,
      'Log-Head': expect.stringMatching(/^\d+:[0-9a-f]{64}$/),
      Sha256: row!.sha256,
    });
    expect(header).toMatchObject({ nodeId: '0000000000000000', timestampMs: String(row!.effectiveTime) });
    expect(world.highWaterMark('a.db')).toBe(2n);
    expect(world.outbox()).toEqual([]);
    const bytes = [];
    for await (const chunk of mergeToDatabase([
      (async function* () {
        yield file;
      })(),
    ]))
      bytes.push(chunk);
    expect(Buffer.concat(bytes).equals(model.bytes())).toBe(true);
  });

  it('stores what came just before a window closed when it closes, though nobody had looked till then', async () => {
    using world = await World.start();
    const windows = new Windows(databaseHash('shop', 'a.db'), 10_000);
    world.engine.pass(windows.endOf(windows.of(world.now)) + 9_900 - world.now);
    await world.write('a.db', new ModelDatabase({ pageSize: 512 }));
    await world.pass(600);
    expect(await world.keys()).toHaveLength(1);
  });

  it('does not wait for a time that was received under a clock years ahead', async () => {
    using world = await World.start();
    const { clock } = world.engine;
    world.engine.clock = { ...clock, wall: clock.wall + 10 * 365 * 86_400_000 };
    await world.engine.send('a.db', new ModelDatabase({ timestampMs: BigInt(clock.wall) }).mutate().ltx);
    world.engine.clock = clock;
    await world.pass(20_000);
    expect(await world.keys()).toHaveLength(1);
  });

  it('tells the primary the mark with its next transaction', async () => {
    using world = await World.start();
    const model = new ModelDatabase();
    await world.engine.send('a.db', model.mutate().ltx);
    await world.pass(20_000);
    expect(await world.engine.send('a.db', model.mutate().ltx)).toMatchObject({ highWaterMark: 1n });
    await world.pass(20_000);
    expect(await world.engine.send('a.db', model.mutate().ltx)).toMatchObject({ highWaterMark: 2n });
  });

  it('costs one put for an active database and window of level 1, and nothing for an idle one', async () => {
    using world = await World.start({ replicas: ['one', 'two'] });
    const model = new ModelDatabase({ pageSize: 512 });
    const idle = new ModelDatabase({ pageSize: 512 });
    await world.engine.send('idle.db', idle.mutate().ltx);
    await world.write('a.db', model);
    await world.pass(30_000);
    const hours = 1.25;
    for (let second = 0; second < hours * 3_600; second += 10) {
      await world.write('a.db', model);
      await world.pass(10_000, 5_000);
    }
    const bad = world.logs.filter(({ level }) => level !== 'debug');
    expect(bad).toEqual([]);
    const files = world.files('a.db').filter(({ replica }) => replica === 'one');
    const level1 = world
      .events('file.stored')
      .filter(({ replica, db, level }) => replica === 'one' && db === 'a.db' && level === 1);
    expect(level1.length).toBeGreaterThanOrEqual(hours * 360 - 3);
    expect(level1.length).toBeLessThanOrEqual(hours * 360 + 3);
    for (const name of ['one', 'two']) {
      const { put = 0, delete: deletes = 0, ...others } = world.calls(name);
      expect(others).toEqual({});
      const stored = world.events('file.stored').filter(({ replica }) => replica === name).length;
      expect(put).toBe(stored);
      expect(deletes).toBeLessThanOrEqual((hours * 3_600) / 300);
    }
    // An idle one: its levels 1 to 3, and not one request more.
    expect(
      world.events('file.stored').filter(({ db, replica }) => db === 'idle.db' && replica === 'one').length,
    ).toBeLessThanOrEqual(4);
    expect(files.length).toBeLessThan(450);
  }, 240_000);
});
