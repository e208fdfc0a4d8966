import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { NewestWatch } from '../../src/agent/newest-watch.ts';
import { ReplicaSet } from '../../src/compactor/run/replica-set.ts';
import { Suspects } from '../../src/compactor/run/suspects.ts';
import { createLogger } from '../../src/logging.ts';
import { storedFilesOf } from '../../src/projections/stored-files.ts';
import type { Replica } from '../../src/storage/index.ts';
import { LiveSite } from './live-site.ts';

const log = createLogger({ level: 'silent', format: 'json' });

let site: LiveSite;
afterEach(() => site.close());

/** What the application has written so far, and when. */
let written: { readonly values: readonly string[]; readonly at: number }[];

/** Some minutes of writing, then silence until all levels have what they will have. */
async function lived(...replicas: readonly [string, number][]): Promise<void> {
  site = await new LiveSite(...replicas).start();
  written = [];
  await write(15);
  await site.pass(4_000, 100);
}

async function write(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const values = [...(written.at(-1)?.values ?? []), `v${written.length}`];
    site.write(values.at(-1)!);
    await site.pass(10, 5);
    written.push({ values, at: site.clock.wall });
  }
}

const folder = (name = 'one'): string => join(site.folder, name);

const newest = (): readonly string[] => written.at(-1)!.values;

function empty(name = 'one'): void {
  rmSync(folder(name), { recursive: true });
  mkdirSync(folder(name));
}

/** The largest level that has files, and its last file. */
function lastFile(levels: readonly number[]): string {
  const level = levels.find((each) => site.files('one', each).length > 0)!;
  return join(
    folder(),
    String(level),
    readdirSync(join(folder(), String(level)))
      .sort()
      .at(-1)!,
  );
}

const base = (): string => lastFile([9, 3, 2, 1]);
const tip = (): string => lastFile([1, 2, 3, 9]);

const damaged = (): unknown =>
  site.agent.sql.all<{ n: number }>('SELECT count(*) AS n FROM damaged_file').at(0)?.n;

describe('a replica that has lost what it had, while the application is silent', () => {
  test('all of it: is filled again by itself', async () => {
    await lived(['one', 1_000]);
    empty();
    await site.pass(900, 10);
    expect(await site.restored('one')).toEqual(newest());
  });

  test('all of it and its folder, while no agent ran: is filled again', async () => {
    await lived(['one', 1_000]);
    await site.agent.close('the test');
    rmSync(folder(), { recursive: true });
    await site.start();
    await site.pass(120, 5);
    expect(await site.restored('one')).toEqual(newest());
  });

  test.each([
    ['its base', base],
    ['its newest file', tip],
  ] as const)('%s: has it again', async (_, victim) => {
    await lived(['one', 1_000]);
    rmSync(victim());
    await site.pass(900, 10);
    expect(await site.restored('one')).toEqual(newest());
    expect(damaged()).toBe(0);
  });

  test('and another one that has it: is given all points back, and no whole copy is made', async () => {
    await lived(['one', 1_000], ['two', 1_000]);
    empty();
    await site.pass(900, 10);
    for (const { at, values } of written)
      expect(await site.restored('one', { timestamp: at })).toEqual(values);
    const rebased = site.agent.sql.all("SELECT seq FROM event WHERE type = 'transaction.rebased'");
    expect(rebased).toEqual([]);
  });
});

test('a replica that was emptied while the application writes has its newest state soon, and goes on', async () => {
  await lived(['one', 1_000]);
  empty();
  await write(12);
  await site.pass(10);
  expect(await site.restored('one')).toEqual(newest());
  await write(3);
  await site.pass(3);
  expect(await site.restored('one')).toEqual(newest());
});

test.each([
  ['a flipped bit', (path: string) => writeFileSync(path, flipped(readFileSync(path)))],
  ['a cut end', (path: string) => truncateSync(path, 200)],
] as const)('%s is found by a validation, and made good under its name', async (_, damage) => {
  await lived(['one', 1_000]);
  damage(base());
  expect(await site.validate('one')).toMatchObject({ outcome: 'failed' });
  await site.pass(120, 5);
  expect(await site.validate('one')).toMatchObject({ outcome: 'passed' });
  expect(await site.restored('one')).toEqual(newest());
  for (const { at, values } of written) expect(await site.restored('one', { timestamp: at })).toEqual(values);
});

test('damaged files are counted, and are trouble where the newest point needs them', async () => {
  await lived(['one', 1_000]);
  const { sql, writer, name, reports } = site.agent;
  const files = storedFilesOf(sql, 'local', name, 1);
  for (const [i, { sha256, cluster, db, incarnation, replica, minTxid, maxTxid, level }] of files.entries()) {
    const key = `local/${name}/${level}/${minTxid}-${maxTxid}.ltx`;
    const file = { cluster, db, incarnation, replica, level: level as 1, minTxid, maxTxid };
    const command = { type: 'storage.damaged', key, sha256, body: { ...file, found: null } } as const;
    await writer.execute({ ...command, clock: site.clock });
    if (i > 0 && i < files.length - 1) continue;
    const message = `${i + 1} stored files are missing or damaged`;
    const trouble = i === 0 ? null : { code: 'ECORRUPT', message };
    expect((await reports.read()).replicas).toMatchObject([{ damagedFiles: i + 1, trouble }]);
  }
});

describe('a replica that is in order', () => {
  test.each([
    ['says its room is looked at every ten minutes', true, 7],
    ['does not is looked at when it starts, and when it was failing', false, 2],
  ] as const)('and %s', async (_, saysRoom, expected) => {
    await lived(['one', 1_000]);
    const { sql, writer } = site.agent;
    const asked: string[] = [];
    const suspects = new Suspects();
    const place = { head: async (key: string) => asked.push(key) };
    const watch = new NewestWatch({
      ...{ name: site.agent.name, sql, names: [site.url('one')], suspects, log },
      replicas: new ReplicaSet(async () => place as unknown as Replica),
      saysRoom: () => saysRoom,
      clock: () => site.clock,
    });
    const pass = async (seconds: number): Promise<void> => {
      const { wall, monotonic } = site.clock;
      site.clock = { wall: wall + seconds * 1_000, monotonic: monotonic + seconds * 1_000 };
      watch.tick();
      await watch.settled();
    };
    for (let i = 0; i < 60; i += 1) await pass(60);
    const command = { type: 'storage.replica', replica: site.url('one') } as const;
    for (const failure of [{ code: 'EUNAVAILABLE', message: 'away' }, null]) {
      await writer.execute({ ...command, failure, clock: site.clock });
      await pass(1);
    }
    // One file leads to its newest point.
    expect(asked).toHaveLength(expected);
    expect(suspects.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
});

function flipped(bytes: Buffer): Buffer {
  bytes[150]! ^= 1;
  return bytes;
}
