import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lfsb, linesOf } from '../support/cli.ts';
import { LiveSite } from './live-site.ts';

const DAY_SECONDS = 86_400;

/** Events that are on the replica only. */
const LEFT_EVENTS = 8;

let site: LiveSite;
let events: number;

/** A log of which the oldest events have left for the replica. */
beforeEach(async () => {
  site = await new LiveSite(['one', 1_000]).start();
  site.write('a');
  await site.pass(2);
  // A checkpoint is a day's, and nothing leaves before one.
  site.clock = { ...site.clock, wall: site.clock.wall + DAY_SECONDS * 1_000 };
  await site.pass(2);
  site.write('b');
  await site.pass(400);
  await site.pass(400);
  site.write('c');
  await site.pass(400);
  await site.close();
  const log = new Database(join(site.folder, '.app.db-lfsb', 'lfsb.db'));
  const count = log.prepare('SELECT max(seq) FROM event').pluck();
  events = count.get() as number;
  const leave = log.prepare('DELETE FROM event WHERE seq = ?');
  for (let seq = 1; seq <= LEFT_EVENTS; seq++) leave.run(seq);
  log.close();
  writeFileSync(
    join(site.folder, 'litestream.yml'),
    `dbs: [{path: ${site.path}, replicas: [{name: one, path: ${join(site.folder, 'one')}}]}]\n`,
  );
});

const run = (...args: string[]) => lfsb(args, { env: { LFSB_CONFIG: join(site.folder, 'litestream.yml') } });

const seqs = (text: string): number[] =>
  linesOf(text).map((line) => (JSON.parse(line) as { seq: number }).seq);

afterEach(() => site.agent.close('the test ends'));

test('the log of a replicated database is told and proven across the border', async () => {
  const told = await run('log', '--db', site.path, '--json', '--type', 'server.started');
  expect(seqs(told.stdout)).toEqual([1]);
  const story = await run('log', '--db', site.path);
  expect(linesOf(story.stdout)[0]).toContain('created');
  const shown = await run('log', 'show', '1', '--db', site.path);
  expect(JSON.parse(shown.stdout)).toMatchObject({ seq: 1, type: 'server.started' });
  const { hash } = JSON.parse(shown.stdout) as { hash: string };
  const proven = await run('log', 'verify', '--db', site.path, '--expect', `1:${hash}`);
  expect(proven).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^${events}:`)) });
  const other = await run('log', 'verify', '--db', site.path, '--expect', `1:${'0'.repeat(64)}`);
  expect(other).toMatchObject({ code: 6, stderr: expect.stringContaining('rewritten') });
});

test('what no replica gives is an error that says so, and what is here is told without any', async () => {
  renameSync(join(site.folder, 'one'), join(site.folder, 'away'));
  const last = await run('log', '--db', site.path, '--json', '-n', '2');
  expect({ code: last.code, seqs: seqs(last.stdout).length }).toEqual({ code: 0, seqs: 2 });
  for (const args of [
    ['log', '--db', site.path],
    ['log', 'show', '1', '--db', site.path],
    ['log', 'verify', '--db', site.path],
  ]) {
    const { code, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: expect.stringMatching(/on replicas only.*one is not there.*-n 100/s),
    });
  }
  const without = await lfsb(['log', 'show', '1', '--db', site.path], { env: { LFSB_CONFIG: '' } });
  expect(without).toMatchObject({ code: 5, stderr: expect.stringContaining('no replica of the config') });
});
