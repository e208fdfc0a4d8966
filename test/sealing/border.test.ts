import { describe, expect, it } from 'vitest';
import { readBorder } from '../../src/log/head.ts';
import { verifyLog } from '../../src/log/index.ts';
import { openSegment } from '../../src/log/seal/read-segment.ts';
import { type Replica, StorageError } from '../../src/storage/index.ts';
import { World } from '../compactor-run/world.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { chainOn, projectionsOf, rebuildLog } from './rebuild.ts';
import { bounds, read, segmentsOn } from './support.ts';

const MINUTE = 60_000;
const LIMITS = { segmentEventsMax: 20, checkpointEvents: 25, keptEvents: 10 };
const LEVELS = { levels: '1:10s:1m,2:30s:5m,3:150s:10m', snapshot: '5m:20m' };

/** A replica that can be taken away, and tells what is asked of it. */
const breakable = (replica: Replica, isDown: () => boolean): Replica =>
  new Proxy(replica, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      if (isDown() && property !== 'close')
        return () => Promise.reject(new StorageError('EUNAVAILABLE', 'down'));
      return value.bind(target);
    },
  });

async function busy(world: World, minutes: number, model: ModelDatabase): Promise<void> {
  for (let count = 0; count < minutes * 3; count++) {
    await world.write('a.db', model);
    await world.pass(20_000, 10_000);
  }
}

describe('events that have left', () => {
  it('leave no more here than is kept and one checkpoint covers, and the file does not grow', async () => {
    using world = await World.start({ sealing: LIMITS, ...LEVELS });
    const model = new ModelDatabase({ pageSize: 512 });
    const { sql, store } = world.engine.log;
    const rows: number[] = [];
    const pages: number[] = [];
    for (let round = 0; round < 8; round++) {
      await busy(world, 8, model);
      rows.push(Number(sql.get('SELECT count(*) AS n FROM event')?.['n']));
      const [size] = sql.all<{ page_count: number; freelist_count: number }>(
        'SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count',
      );
      pages.push(size!.page_count);
    }
    expect(readBorder(sql).seq).toBeGreaterThan(100);
    // What is kept, a checkpoint's worth, and what happens until the next one is stored and looked at.
    for (const count of rows)
      expect(count).toBeLessThan(LIMITS.keptEvents + 2 * LIMITS.checkpointEvents + 60);
    expect(pages.at(-1)! - pages[2]!).toBeLessThan(30);
    expect(await verifyLog(sql)).toEqual({ ok: true, head: store.head() });
  });

  it('are copied from another replica to one that lacks them, though its segments end elsewhere', async () => {
    let isDown = false;
    let opened = 0;
    using world = await World.start({
      ...{ sealing: LIMITS, replicas: ['one', 'two'], ...LEVELS },
      wrap: (replica) => {
        opened += 1;
        return opened === 2 ? breakable(replica, () => isDown) : replica;
      },
    });
    const model = new ModelDatabase({ pageSize: 512 });
    await busy(world, 4, model);
    isDown = true;
    await busy(world, 40, model);
    const lacking = (await Promise.all(['one', 'two'].map((name) => segmentsOn(world, name)))).toSorted(
      (a, b) => a.length - b.length,
    )[0]!;
    expect(readBorder(world.engine.log.sql).seq).toBeGreaterThan(bounds(lacking).at(-1)![1] + 20);
    isDown = false;
    await world.pass(20 * MINUTE, 10_000);
    const [one, two] = await Promise.all(['one', 'two'].map((name) => chainOn(world.stored.get(name)!)));
    const texts = (segments: typeof one) =>
      segments!.flatMap(({ events }) => events.map(({ bytes }) => Buffer.from(bytes).toString('utf8')));
    const [ofOne, ofTwo] = [texts(one), texts(two)];
    const both = Math.min(ofOne.length, ofTwo.length);
    expect(both).toBeGreaterThan(readBorder(world.engine.log.sql).seq);
    expect(ofOne.slice(0, both)).toEqual(ofTwo.slice(0, both));
    for (const name of ['one', 'two']) {
      const rebuilt = await rebuildLog(world.stored.get(name)!, 'checkpoint');
      expect(projectionsOf(rebuilt)).toEqual(projectionsOf(world.engine.log));
      rebuilt.close();
    }
  });

  it('hold the border back where the only required replica is away, however long', async () => {
    let isDown = false;
    using world = await World.start({
      ...{ sealing: LIMITS, ...LEVELS },
      wrap: (replica) => breakable(replica, () => isDown),
    });
    const model = new ModelDatabase({ pageSize: 512 });
    await busy(world, 15, model);
    isDown = true;
    await busy(world, 2, model);
    const border = readBorder(world.engine.log.sql).seq;
    expect(border).toBeGreaterThan(0);
    await busy(world, 40, model);
    expect(readBorder(world.engine.log.sql).seq).toBe(border);
    isDown = false;
    await world.pass(20 * MINUTE, 10_000);
    expect(readBorder(world.engine.log.sql).seq).toBeGreaterThan(border + 50);
  });

  it('are found by an index that a listing and the segments themselves say again', async () => {
    using world = await World.start({ sealing: LIMITS, ...LEVELS });
    await busy(world, 10, new ModelDatabase({ pageSize: 512 }));
    const indexed = world.engine.log.sql.all<{ hash: Buffer }>(
      'SELECT first_seq, last_seq, hash, time_min, time_max, text_bytes FROM log_segment ORDER BY last_seq',
    );
    const keys = await segmentsOn(world);
    const told = await Promise.all(
      keys.map(async (key, at) => {
        const { previous, events } = await openSegment(await read(world.stored.get('one')!, key));
        const times = events.map(({ bytes }) => Number(JSON.parse(Buffer.from(bytes).toString('utf8')).time));
        expect(bounds(keys)[at]).toEqual([previous.seq + 1, events.at(-1)!.seq]);
        return {
          first_seq: previous.seq + 1,
          last_seq: events.at(-1)!.seq,
          hash: Buffer.from(events.at(-1)!.hash),
          time_min: Math.min(...times),
          time_max: Math.max(...times),
          text_bytes: events.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
        };
      }),
    );
    expect(told).toEqual(indexed);
  });

  it('keep no more checkpoints than two on a replica, and one here', async () => {
    using world = await World.start({ sealing: LIMITS, ...LEVELS });
    await busy(world, 60, new ModelDatabase({ pageSize: 512 }));
    expect(world.events('checkpoint.expired').length + readBorder(world.engine.log.sql).seq).toBeGreaterThan(
      50,
    );
    expect((await world.keys('one', '.lfsb/checkpoint/')).length).toBeLessThanOrEqual(2);
    expect(world.engine.log.sql.all('SELECT * FROM log_base').length).toBeLessThanOrEqual(2);
  });
});
