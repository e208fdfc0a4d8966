import { describe, expect, it } from 'vitest';
import { openSegment } from '../../src/log/seal/read-segment.ts';
import { type Replica, StorageError } from '../../src/storage/index.ts';
import { World } from '../compactor-run/world.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { bounds, linesOf, OWN_TYPES, read, segmentsOn, texts } from './support.ts';

const MINUTE = 60_000;

describe('sealing', () => {
  it('puts each event, byte for byte, into a segment that goes on from the one before', async () => {
    using world = await World.start({ sealing: {} });
    const model = new ModelDatabase({ pageSize: 512 });
    for (let count = 0; count < 5; count++) {
      await world.write('a.db', model);
      await world.pass(70_000, 5_000);
    }
    await world.pass(10 * MINUTE, 5_000);
    const keys = await segmentsOn(world);
    expect(keys.length).toBeGreaterThan(5);
    expect(keys[0]).toMatch(/^\.lfsb\/log\/0{15}1-[0-9a-f]{16}\.ndjson\.gz$/);
    const replica = world.stored.get('one')!;
    const all = texts(world);
    let previous = '0'.repeat(64);
    let next = 1;
    for (const [at, key] of keys.entries()) {
      const [first, last] = bounds(keys)[at]!;
      const { header, events } = await linesOf(replica, key);
      expect(header).toEqual({ first, format: 'lfsb.log.v1', previous });
      expect(first).toBe(next);
      expect(events).toEqual(all.slice(first - 1, last));
      const row = world.engine.log.sql.get<{ hash: Buffer }>('SELECT hash FROM event WHERE seq = ?', last);
      previous = row!.hash.toString('hex');
      next = last + 1;
      const { metadata } = (await replica.head(key))!;
      expect(metadata).toEqual({
        'Log-Head': expect.stringMatching(/^\d+:[0-9a-f]{64}$/),
        Sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    }
    expect(world.events('log.sealed')).toHaveLength(keys.length);
    expect(world.engine.log.sql.all('SELECT * FROM log_put')).toEqual([]);
  });

  it('costs one put a minute and replica while something happens, and nothing once nothing does', async () => {
    using world = await World.start({
      ...{ sealing: {}, replicas: ['one', 'two'] },
      ...{ levels: '1:10s:1m,2:30s:5m,3:150s:10m', snapshot: '5m:20m' },
    });
    const model = new ModelDatabase({ pageSize: 512 });
    const minutes = 30;
    for (let second = 0; second < minutes * 60; second += 10) {
      await world.write('a.db', model);
      await world.pass(10_000, 5_000);
    }
    for (const name of ['one', 'two']) {
      const puts = (await segmentsOn(world, name)).length;
      expect(puts).toBeGreaterThanOrEqual(minutes - 1);
      expect(puts).toBeLessThanOrEqual(minutes + 1);
      expect(Object.keys(world.calls(name))).toEqual(expect.not.arrayContaining(['get', 'head', 'list']));
    }
    // All is built then, what has expired is deleted, and the day's checkpoint is made.
    await world.pass(26 * 60 * MINUTE, 300_000);
    const idle = [world.calls('one'), world.calls('two')];
    const last = world.engine.log.store.head();
    await world.pass(12 * 60 * MINUTE, 300_000);
    expect([world.calls('one'), world.calls('two')]).toEqual(idle);
    expect(world.engine.log.store.head()).toEqual(last);
    const unsealed = world.engine.log.sql.all<{ type: string }>(
      'SELECT DISTINCT type FROM event WHERE seq > (SELECT max(last_seq) FROM log_segment WHERE place = 1)',
    );
    for (const { type } of unsealed) expect(OWN_TYPES).toContain(type);
  });

  it('has limits: what waited for a day goes in several segments, at once', async () => {
    const limits = { segmentEventsMax: 50, segmentTextBytesMax: 20_000 };
    let isDown = true;
    const wrap = (replica: Replica): Replica =>
      new Proxy(replica, {
        get: (target, property) => {
          if (isDown && property === 'put')
            return () => Promise.reject(new StorageError('EUNAVAILABLE', 'down'));
          const value: unknown = Reflect.get(target, property);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    using world = await World.start({ sealing: limits, wrap });
    const model = new ModelDatabase({ pageSize: 512 });
    for (let count = 0; count < 120; count++) {
      await world.write('a.db', model);
      await world.pass(60_000, 30_000);
    }
    expect(await segmentsOn(world)).toEqual([]);
    isDown = false;
    const waiting = world.engine.log.store.head().seq;
    await world.pass(6 * MINUTE, 1_000);
    const keys = await segmentsOn(world);
    expect(bounds(keys).at(-1)![1]).toBeGreaterThanOrEqual(waiting);
    for (const key of keys) {
      const { events } = await openSegment(await read(world.stored.get('one')!, key));
      expect(events.length).toBeLessThanOrEqual(50);
      expect(events.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)).toBeLessThanOrEqual(20_000);
    }
  });

  it('a replica that is down delays itself alone, and has all the others have when it is back', async () => {
    let isDown = false;
    const wrap = (replica: Replica, world: World): Replica =>
      new Proxy(replica, {
        get: (target, property) => {
          const isTwo = world.meters.size > 0 && isSecond.has(replica);
          if (isDown && isTwo && property === 'put') {
            return () => Promise.reject(new StorageError('EUNAVAILABLE', 'down'));
          }
          const value: unknown = Reflect.get(target, property);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const isSecond = new WeakSet<Replica>();
    let opened = 0;
    using world = await World.start({
      sealing: {},
      replicas: ['one', 'two'],
      wrap: (replica, of) => {
        opened += 1;
        if (opened === 2) isSecond.add(replica);
        return wrap(replica, of);
      },
    });
    const model = new ModelDatabase({ pageSize: 512 });
    await world.write('a.db', model);
    await world.pass(2 * MINUTE, 5_000);
    isDown = true;
    for (let count = 0; count < 20; count++) {
      await world.write('a.db', model);
      await world.pass(MINUTE, 5_000);
    }
    const [one, two] = [await segmentsOn(world, 'one'), await segmentsOn(world, 'two')];
    expect(Math.abs(one.length - two.length)).toBeGreaterThan(15);
    isDown = false;
    await world.pass(20 * MINUTE, 5_000);
    const ends = [bounds(await segmentsOn(world, 'one')), bounds(await segmentsOn(world, 'two'))];
    for (const each of ends) {
      let next = 1;
      for (const [first, last] of each) {
        expect(first).toBe(next);
        next = last + 1;
      }
      expect(next).toBeGreaterThan(world.engine.log.store.head().seq - 4);
    }
  });

  it('seals no event that is damaged, and says so', async () => {
    using world = await World.start({ sealing: {} });
    const model = new ModelDatabase({ pageSize: 512 });
    await world.write('a.db', model);
    const { log } = world.engine;
    log.db.exec('DROP TRIGGER event_unchanged');
    log.db.exec("UPDATE event SET canonical = replace(canonical, 'a.db', 'b.db') WHERE seq = 2");
    await world.pass(5 * MINUTE, 5_000);
    expect(await segmentsOn(world)).toEqual([]);
    const failures = world.logs.filter(({ msg }) => msg === 'storing failed');
    expect(JSON.stringify(failures[0])).toContain('event 2 does not follow 1');
    expect(failures.length).toBeLessThanOrEqual(5);
  });
});
