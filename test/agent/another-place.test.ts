import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beginHistory } from '../../src/agent/begin-history.ts';
import { createLogger } from '../../src/logging.ts';
import { LiveSite } from './live-site.ts';

const log = createLogger({ level: 'silent', format: 'json' });

const DAY_MS = 86_400_000;

let site: LiveSite;

/** A replica that has what has left the machine. */
beforeEach(async () => {
  site = await new LiveSite(['one', 1_000]).start();
  for (const value of ['a', 'b']) {
    site.write(value);
    await site.pass(2);
  }
  site.clock = { wall: site.clock.wall + 2 * DAY_MS, monotonic: site.clock.monotonic + 2 * DAY_MS };
  await site.pass(10);
  expect(site.agent.sql.get('SELECT count(*) AS payloads FROM payload')).toEqual({ payloads: 0 });
});

afterEach(() => site.close());

/** Whole copies that were made after the first. */
const whole = (): unknown =>
  site.agent.sql.get<{ n: number }>("SELECT count(*) AS n FROM event WHERE type = 'transaction.rebased'")?.n;

test('a replica in place of the only one gets a whole copy, and all that follows', async () => {
  await site.restartWith(['two', 1_000]);
  await site.pass(3);
  expect(await site.restored('two')).toEqual(['a', 'b']);
  site.write('c');
  await site.pass(3);
  expect(await site.restored('two')).toEqual(['a', 'b', 'c']);
  expect(await site.agent.reports.read()).toMatchObject({ replicas: [{ lagMs: 0 }] });
  expect(await site.restored('one')).toEqual(['a', 'b']);
  expect(whole()).toBe(1);
});

test('what was written before the restart is no reason to go on without what has left', async () => {
  site.write('c');
  await site.agent.sync();
  rmSync(join(site.folder, 'one'), { recursive: true });
  await site.restartWith(['two', 1_000]);
  await site.pass(3);
  expect(await site.restored('two')).toEqual(['a', 'b', 'c']);
});

test('one beside it is filled from it, and no whole copy is made', async () => {
  await site.restartWith(['one', 1_000], ['two', 1_000]);
  site.write('c');
  await site.pass(5);
  expect(await site.restored('two')).toEqual(['a', 'b', 'c']);
  expect(whole()).toBe(0);
});

test('a start reads of level 0 only what the replica lacks', async () => {
  for (let i = 0; i < 50; i += 1) {
    site.write(`v${i}`);
    await site.pass(1);
  }
  await site.pass(2);
  const all = vi.spyOn(site.agent.sql, 'all');
  await beginHistory(site.agent, { clock: () => site.clock, log });
  const read = all.mock.results.flatMap(({ value }, i) =>
    /FROM payload/.test(all.mock.calls[i]![0]) ? (value as unknown[]) : [],
  );
  expect(read.length).toBeLessThan(5);
  expect(site.agent.sql.get<{ n: number }>('SELECT count(*) AS n FROM payload')?.n).toBe(50);
  expect(whole()).toBe(0);
});
