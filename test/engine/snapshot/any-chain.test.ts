import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FreshFiles } from '../../../src/compactor/run/fresh-files.ts';
import { type Replica, StorageError, sha256Hex, sourceOf } from '../../../src/storage/index.ts';
import { bytesAt } from '../../compactor-run/restoring.ts';
import { World } from '../../compactor-run/world.ts';
import { ModelDatabase } from '../../support/ltx-fixtures.ts';

const DB = 'a.db';
let world: World;
let model: ModelDatabase;
let expected: Buffer;
/** A replica that does not answer. */
let down: string | null;

const wrap = (replica: Replica, name: string): Replica =>
  new Proxy(replica, {
    get(target, property) {
      if (property === 'get' && down === name) {
        return async () => Promise.reject(new StorageError('EUNAVAILABLE', 'no answer'));
      }
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

beforeEach(async () => {
  down = null;
  let opened = 0;
  world = await World.start({
    replicas: ['one', 'two'],
    wrap: (replica) => wrap(replica, ['one', 'two'][opened++] ?? ''),
  });
  model = new ModelDatabase({ timestampMs: BigInt(world.now) });
  for (let i = 0; i < 3; i++) {
    await world.write(DB, model);
    await world.pass(20_000);
  }
  expected = Buffer.from(model.bytes());
  // What was stored lately is read from the cache, which is not what this is about.
  world.places = { ...world.places, fresh: new FreshFiles(join(world.engine.directory, 'none')) };
});
afterEach(() => world[Symbol.dispose]());

const newest = (): Promise<Buffer> => bytesAt(world, DB, model.pos.txid);
const lose = async (replica: string, key: string) => {
  const [outcome] = await world.stored.get(replica)!.deleteMany([key]);
  expect(outcome?.error).toBeNull();
};

/** Other bytes of the same length under the same key, as a bad disk leaves them. */
async function damage(replica: string, key: string): Promise<void> {
  const place = world.stored.get(replica)!;
  const chunks: Uint8Array[] = [];
  for await (const chunk of await place.get(key)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  bytes[bytes.length >> 1]! ^= 0x10;
  const options = { sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes), metadata: {} };
  await place.put(key, sourceOf(bytes), options);
}

const dropLevel0 = async (): Promise<void> => {
  await world.pass(2 * 3_600_000, 60_000);
  expect(world.engine.table('payload')).toEqual([]);
};

const filesOf = async (replica: string): Promise<string[]> => world.keys(replica, `shop/${DB}/`);

describe('a snapshot whose files the first replica does not give', () => {
  beforeEach(dropLevel0);

  it('is built from it while it gives them', async () => {
    for (const key of await filesOf('two')) await lose('two', key);
    expect((await newest()).equals(expected)).toBe(true);
  });

  it.each([0, -1])('is built from the second when a file is lost (%d)', async (at) => {
    await lose('one', (await filesOf('one')).at(at)!);
    expect((await newest()).equals(expected)).toBe(true);
  });

  it('is built from the second when all of them are', async () => {
    for (const key of await filesOf('one')) await lose('one', key);
    expect((await newest()).equals(expected)).toBe(true);
  });

  it('is built from the second when each object of the first is damaged', async () => {
    for (const key of await filesOf('one')) await damage('one', key);
    expect((await newest()).equals(expected)).toBe(true);
  });

  it('is built from the second when the first does not answer', async () => {
    down = 'one';
    expect((await newest()).equals(expected)).toBe(true);
  });

  it('says that it is damaged when no replica is right', async () => {
    for (const replica of ['one', 'two']) {
      for (const key of await filesOf(replica)) await damage(replica, key);
    }
    await expect(newest()).rejects.toMatchObject({ code: 'ECORRUPT' });
  });

  it('says that it may come back when one that may have it does not answer', async () => {
    for (const key of await filesOf('one')) await damage('one', key);
    await newest();
    down = 'two';
    await expect(newest()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
  });
});

describe('a snapshot of which level 0 is damaged', () => {
  it('is built from a replica that has it all', async () => {
    world.engine.log.sql.run("UPDATE payload_bytes SET bytes = x'00'");
    expect((await newest()).equals(expected)).toBe(true);
  });

  it('says so when no replica has it', async () => {
    await world.write(DB, model);
    world.engine.log.sql.run("UPDATE payload_bytes SET bytes = x'00'");
    await expect(newest()).rejects.toMatchObject({ code: 'ECORRUPT' });
  });
});
