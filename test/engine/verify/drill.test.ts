import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../src/compactor/run/catalogue.ts';
import { objectKey } from '../../../src/compactor/run/object-key.ts';
import { DrillTask } from '../../../src/engine/verify/drill-task.ts';
import type { DrilledPoint, DrillTarget } from '../../../src/engine/verify/messages.ts';
import type { StoredFileRow } from '../../../src/projections/stored-files.ts';
import { gather } from '../../../src/storage/bytes.ts';
import { StorageError } from '../../../src/storage/index.ts';
import { World } from '../../compactor-run/world.ts';
import { ModelDatabase } from '../../support/ltx-fixtures.ts';

const CONFIG = { levels: '1:10s:10m,2:1m:2h', snapshot: '10m:4h' };

/** Some hours of a database: it grows, shrinks, is dropped and comes back. */
async function lived(minutes: number): Promise<World> {
  const world = await World.start(CONFIG);
  const model = new ModelDatabase({ pageSize: 512, timestampMs: BigInt(world.now) });
  for (let at = 0; at < minutes; at++) {
    for (let i = 0; i < 3; i++) {
      const timestampMs = BigInt(world.now);
      const fill = new Uint8Array(512).fill(at * 3 + i + 1);
      const pages: [number, Uint8Array][] = [
        [1, fill],
        [(at % 7) + 2, fill],
      ];
      const drop = at === minutes - 20 && i === 1;
      const commit = at % 5 === 4 && model.commitPages > 4 && i === 0 ? { commit: 9 } : {};
      const { ltx } = drop ? model.drop() : model.commit({ pages, timestampMs, ...commit });
      await world.engine.send('a.db', ltx);
      await world.pass(20_000, 10_000);
    }
  }
  await world.pass(60_000, 10_000);
  return world;
}

async function drill(world: World, target: DrillTarget, replica = 'one'): Promise<DrilledPoint[]> {
  const { cacheDirectory, replicas } = world.places;
  const catalogueOf = (cluster: string, db: string) => loadCatalogue(world.engine.log.sql, cluster, db);
  using task = new DrillTask({ cacheDirectory, replicas, catalogueOf }, () => undefined);
  const count = task.begin({ cluster: 'shop', db: 'a.db', incarnation: 1, replica, target });
  const points: DrilledPoint[] = [];
  for (let point = await task.next(); point !== null; point = await task.next()) points.push(point);
  expect(points).toHaveLength(count);
  return points;
}

const keyOf = (row: StoredFileRow): string =>
  objectKey(row, {
    level: row.level,
    minTxid: BigInt(`0x${row.minTxid}`),
    maxTxid: BigInt(`0x${row.maxTxid}`),
  });

/** Puts other bytes in the place of an object's. */
async function overwrite(
  world: World,
  key: string,
  change: (bytes: Buffer) => void,
): Promise<() => Promise<void>> {
  const place = world.stored.get('one')!;
  const body = await place.get(key);
  const good = await gather(body, body.sizeBytes);
  const { metadata } = (await place.head(key))!;
  const put = async (bytes: Buffer): Promise<void> => {
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const open = async function* () {
      yield bytes;
    };
    await place.put(key, { open }, { sizeBytes: bytes.length, sha256, metadata });
  };
  const bad = Buffer.from(good);
  change(bad);
  await put(bad);
  return () => put(Buffer.from(good));
}

describe('a drill of a replica', () => {
  test('builds every point it has, each file read once', async () => {
    using world = await lived(45);
    const before = world.calls()['get'] ?? 0;
    const points = await drill(world, 'all');
    expect(points.length).toBeGreaterThan(30);
    expect(points.filter(({ failure }) => failure !== null)).toEqual([]);
    expect((world.calls()['get'] ?? 0) - before).toBe(points.length);
    const read = points.flatMap((point) => point.read);
    expect(new Set(read.map(({ level }) => level)).size).toBe(3);
  });

  test('one point: the files that lead to it and no others', async () => {
    using world = await lived(25);
    const all = await drill(world, 'all');
    const newest = all.reduce((a, b) => (b.txid > a.txid ? b : a));
    const [point, ...others] = await drill(world, 'newest');
    expect(others).toEqual([]);
    expect(point).toMatchObject({ txid: newest.txid, checksum: newest.checksum, failure: null });
    expect(point!.read).toHaveLength(point!.files);
    const { txid, checksum } = all[0]!;
    expect(await drill(world, { txid, checksum })).toMatchObject([{ txid, failure: null }]);
    expect(await drill(world, { txid, checksum: checksum ^ 1n })).toEqual([]);
    expect(await drill(world, 'all', 'unknown')).toEqual([]);
  });

  test('whichever byte of whichever file is wrong, just the points that need it fail, and it is named', async () => {
    using world = await lived(30);
    const good = await drill(world, 'all');
    const rows = world.files('a.db');
    for (const [at, row] of rows.entries()) {
      const key = keyOf(row);
      const restore = await overwrite(world, key, (bytes) => {
        bytes[(at * 7_919) % bytes.length]! ^= 1 << (at % 8);
      });
      const points = await drill(world, 'all');
      expect(points.map(({ txid }) => txid)).toEqual(good.map(({ txid }) => txid));
      const bad = points.filter(({ failure }) => failure !== null);
      // Of files that end together a plan takes the longest: the others are read by nobody.
      const isRead = good.some(({ read }) =>
        read.some(({ level, maxTxid }) => level === row.level && maxTxid === BigInt(`0x${row.maxTxid}`)),
      );
      expect(bad.length > 0).toBe(isRead);
      for (const { failure } of bad) {
        expect(failure).toMatchObject({
          code: 'ECORRUPT',
          message: expect.stringContaining(key),
          file: { level: row.level, maxTxid: BigInt(`0x${row.maxTxid}`) },
        });
      }
      await restore();
      if (at % 10 === 0) await sleep(0);
    }
    expect(await drill(world, 'all')).toEqual(good);
  });

  test('a file that is gone is what is wrong; one that cannot be had is not', async () => {
    let isDown = false;
    using world = await World.start({
      ...CONFIG,
      wrap: (replica) =>
        new Proxy(replica, {
          get: (target, property, receiver) => {
            if (property === 'get' && isDown)
              return () => Promise.reject(new StorageError('EUNAVAILABLE', 'down'));
            const value: unknown = Reflect.get(target, property, receiver);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
    });
    const model = new ModelDatabase({ pageSize: 512 });
    await world.engine.send('a.db', model.mutate().ltx);
    await world.pass(30_000);
    isDown = true;
    expect(await drill(world, 'newest')).toMatchObject([{ failure: { code: 'EUNAVAILABLE', file: null } }]);
    isDown = false;
    await world.stored.get('one')!.deleteMany(await world.keys());
    expect(await drill(world, 'newest')).toMatchObject([
      {
        failure: {
          code: 'ECORRUPT',
          message: expect.stringMatching(/^shop\/a\.db\/\d\/.+\.ltx is not there$/),
        },
      },
    ]);
  });
});
