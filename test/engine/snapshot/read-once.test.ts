import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FreshFiles } from '../../../src/compactor/run/fresh-files.ts';
import { DRILL_GOOD_FOR_MS, DrilledFiles } from '../../../src/engine/snapshot/drilled-files.ts';
import { memoryInput, type SnapshotInput } from '../../../src/engine/snapshot/input.ts';
import { readOnce } from '../../../src/engine/snapshot/read-once.ts';
import { gather } from '../../../src/storage/bytes.ts';
import { sha256Hex, sourceOf } from '../../../src/storage/index.ts';
import { bytesAt } from '../../compactor-run/restoring.ts';
import { World } from '../../compactor-run/world.ts';
import { ACTOR } from '../../support/in-process.ts';
import { ModelDatabase } from '../../support/ltx-fixtures.ts';

const DB = 'a.db';
let world: World;
let model: ModelDatabase;
let drills: DrilledFiles;

beforeEach(async () => {
  world = await World.start({ replicas: ['one', 'two'] });
  model = new ModelDatabase({ timestampMs: BigInt(world.now) });
  for (let i = 0; i < 3; i++) {
    await world.write(DB, model);
    await world.pass(20_000);
  }
  await world.pass(2 * 3_600_000, 60_000);
  expect(world.engine.table('payload')).toEqual([]);
  drills = new DrilledFiles(world.engine.log.sql, () => world.now);
  // No file is small enough for the disk, and none is in the cache.
  const fresh = new FreshFiles(join(world.engine.directory, 'none'));
  world.places = { ...world.places, fresh, fetchedBytesMax: 0 };
});
afterEach(() => world[Symbol.dispose]());

const gets = (replica = 'one'): number => world.calls(replica)['get'] ?? 0;
const newest = (): Promise<Buffer> => bytesAt(world, DB, model.pos.txid, { drills });

/** How often files of the first replica are read to build the newest state, which has to be right. */
async function readings(): Promise<number> {
  const before = gets();
  expect((await newest()).equals(model.bytes())).toBe(true);
  return gets() - before;
}

/** A drill has found every file of the first replica right. */
function drill(): void {
  const files = world.files(DB).filter(({ replica }) => replica === 'one');
  const body = {
    ...({ cluster: 'shop', db: DB, incarnation: 1, outcome: 'passed', points: 1, failed: 0 } as const),
    ...{ txid: '0000000000000003', timestamp: world.now, replicas: ['one'], files: 1, bytes: '1' },
    ...{ durationMs: 1, failure: null },
    largest: files.map(({ replica, level, minTxid, maxTxid }) => ({
      ...{ replica, minTxid, maxTxid },
      level: level as 1 | 2 | 3 | 9,
    })),
  };
  world.engine.execute({ type: 'verified', body, actor: ACTOR, clock: world.engine.clock });
}

async function damage(replica: string): Promise<void> {
  const place = world.stored.get(replica)!;
  for (const key of await world.keys(replica, `shop/${DB}/`)) {
    const body = await place.get(key);
    const bytes = Buffer.from(await gather(body, body.sizeBytes));
    bytes[bytes.length >> 1]! ^= 0x10;
    await place.put(key, sourceOf(bytes), {
      sizeBytes: bytes.byteLength,
      sha256: sha256Hex(bytes),
      metadata: {},
    });
  }
}

describe('a file that is too large for the disk', () => {
  it('is read twice, before it is used and then to use it', async () => {
    expect(await readings()).toBeGreaterThanOrEqual(2);
    expect((await readings()) % 2).toBe(0);
  });

  it('is read once where a drill has read it within a day', async () => {
    const twice = await readings();
    drill();
    expect(await readings()).toBe(twice / 2);
    world.engine.pass(DRILL_GOOD_FOR_MS - 1);
    expect(await readings()).toBe(twice / 2);
    world.engine.pass(1);
    expect(await readings()).toBe(twice);
  });

  it('is read twice where the drill is of a time to come: a clock was wrong', async () => {
    const twice = await readings();
    drill();
    world.engine.pass(-1_000);
    expect(await readings()).toBe(twice);
  });

  it('is never given as right when it was damaged since, and is taken from elsewhere the next time', async () => {
    drill();
    await damage('one');
    await expect(newest()).rejects.toThrow();
    const before = gets('two');
    expect((await newest()).equals(model.bytes())).toBe(true);
    expect(gets('two')).toBeGreaterThan(before);
  });
});

describe('reading once', () => {
  const bytes = Buffer.from('0123456789');
  const inChunks = (content: Buffer): SnapshotInput => ({
    ...memoryInput(bytes, sha256Hex(bytes)),
    chunks: async function* () {
      for (let at = 0; at < content.length; at += 4) yield content.subarray(at, at + 4);
    },
  });

  async function given(content: Buffer): Promise<{ text: string; failure: unknown; unproven: number }> {
    let [text, unproven, failure] = ['', 0, null as unknown];
    try {
      const input = readOnce(inChunks(content), () => unproven++);
      for await (const chunk of input.chunks()) text += Buffer.from(chunk).toString();
    } catch (error) {
      failure = error;
    }
    return { text, failure, unproven };
  }

  it('gives all of a file that is right', async () => {
    expect(await given(bytes)).toEqual({ text: '0123456789', failure: null, unproven: 0 });
  });

  it('tells that a file did not come to its end, whoever ended it', async () => {
    let unproven = 0;
    for await (const _ of readOnce(inChunks(bytes), () => unproven++).chunks()) break;
    expect(unproven).toBe(1);
  });

  it.each([
    ['other bytes', '012345678X'],
    ['fewer', '012345678'],
    ['more', '0123456789X'],
  ])('keeps the end back of one that is not: %s', async (_, content) => {
    const { text, failure, unproven } = await given(Buffer.from(content));
    expect(text.length).toBeLessThan(bytes.length);
    expect(failure).toMatchObject({ code: 'ECORRUPT' });
    expect(unproven).toBe(1);
  });
});
