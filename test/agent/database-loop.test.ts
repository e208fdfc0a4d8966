import { afterEach, describe, expect, test } from 'vitest';
import { DatabaseLoop } from '../../src/agent/database-loop.ts';
import { createLogger } from '../../src/logging.ts';
import { Writer } from '../sources/support/writer.ts';
import { eventually } from '../support/process-state.ts';
import { LiveSite } from './live-site.ts';

const log = createLogger({ level: 'silent', format: 'json' });

describe('a database that is looked at now and then', () => {
  let site: LiveSite;
  let loop: DatabaseLoop;
  afterEach(async () => {
    await loop.close('the test ends');
    await site.close();
  });

  test('is looked at at once when a checkpoint of the application has nothing left to wait for but us', async () => {
    site = new LiveSite(['one', 1_000]);
    loop = new DatabaseLoop(site.plan(), { version: '0', clock: () => site.clock, bootId: 'boot', log });
    const app = new Writer('python', site.path);
    for (let i = 0; i < 3; i++) {
      site.write(`v${i}`);
      site.clock = { wall: site.clock.wall + 1_000, monotonic: site.clock.monotonic + 1_000 };
      await loop.step();
      expect([loop.isWatched, loop.isAwaited()]).toEqual([true, false]);
      const done = app.run('PRAGMA wal_checkpoint(RESTART);');
      await eventually('all is copied', () => loop.isAwaited());
      await loop.step();
      expect(await done).toMatch(/^0/);
      expect([loop.isWatched, loop.isAwaited()]).toEqual([false, false]);
    }
    expect((await loop.report()).transactions).toBe(3);
  });
});
