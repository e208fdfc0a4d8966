import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { earlierHistory } from '../../src/agent/earlier-history.ts';
import { LiveSite } from './live-site.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const TEN_DAYS_MS = 10 * DAY * 1_000;

let site: LiveSite;
let old: string[];
let begunAt: number;

/** A machine that lost its log, and has begun another one behind what its replicas hold. */
beforeEach(async () => {
  site = await new LiveSite(['one', 1_000], ['slow', TEN_DAYS_MS]).start();
  for (const value of ['a', 'b']) {
    site.write(value);
    await site.pass(2);
  }
  await site.agent.storage.flush();
  await site.agent.close('the log gets lost');
  rmSync(join(site.folder, '.app.db-lfsb'), { recursive: true });
  old = files('one');
  for (const name of ['one', 'slow']) for (const file of files(name)) age(name, file, site.clock.wall);
  await site.start();
  const earlier = await earlierHistory(site.agent, site.clock.wall);
  site.agent.beginBehind(earlier!.end);
  site.write('c');
  await site.pass(2);
  begunAt = site.clock.wall;
});

afterEach(() => site.close());

/** LTX files on a replica, from the root. */
const files = (replica: string): string[] =>
  readdirSync(join(site.folder, replica), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ltx'))
    .sort();

const age = (replica: string, file: string, ms: number): void =>
  utimesSync(join(site.folder, replica, file), new Date(ms), new Date(ms));

const record = (): boolean => existsSync(join(site.folder, '.app.db-lfsb', 'earlier-history.json'));

async function passAtOnce(seconds: number): Promise<void> {
  const { wall, monotonic } = site.clock;
  site.clock = { wall: wall + seconds * 1_000, monotonic: monotonic + seconds * 1_000 };
  await site.pass(2);
}

test('the history of a lost log goes when the new one answers for the whole retention, and not before', async () => {
  await passAtOnce(DAY - HOUR);
  expect(files('one')).toEqual(expect.arrayContaining(old));
  expect(await site.restored('one', { timestamp: begunAt - 3_000 })).toEqual(['a', 'b']);
  await passAtOnce(2 * HOUR);
  expect(files('one').filter((name) => old.includes(name))).toEqual([]);
  expect(await site.restored('one')).toEqual(['a', 'b', 'c']);
  expect(await site.restored('one', { timestamp: site.clock.wall - DAY * 1_000 })).toEqual(['a', 'b', 'c']);
});

test('a replica that has nothing of the new history yet keeps the old one', async () => {
  const kept = files('slow');
  expect(kept).not.toEqual([]);
  await passAtOnce(3 * DAY);
  expect(files('slow')).toEqual(kept);
  expect(record()).toBe(true);
});

test('it is gone on with after a restart', async () => {
  await site.agent.close('a restart');
  await site.start();
  await passAtOnce(DAY + HOUR);
  expect(files('one').filter((name) => old.includes(name))).toEqual([]);
});

test('what somebody else wrote lately stays', async () => {
  age('one', old.at(-1)!, begunAt + 2 * HOUR * 1_000);
  await passAtOnce(DAY + HOUR);
  expect(files('one').filter((name) => old.includes(name))).toEqual([old.at(-1)]);
});
