import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Driven } from './driven.ts';
import { until } from './until.ts';

const YEAR = 365 * 86_400_000;

const countOf = (server: TestServer, type: string): number =>
  Number(server.query('SELECT count(*) AS n FROM event WHERE type = ?', type)[0]?.['n']);

async function readinessOf(server: TestServer) {
  return JSON.parse((await server.client('shop').send('GET', '/readyz')).body.toString());
}

describe('a clock that was set ahead while the machine was off', () => {
  it('costs no restore point, until an operator says that it is right', async () => {
    const driven = new Driven();
    let boot = 1;
    const storage = { ...DEFAULT_STORAGE, replicas: [pathToFileURL(tempDir()).href] };
    const options = { config: { storage }, clock: driven.clock, timer: driven, bootId: () => `${boot}` };
    await using server = await TestServer.start(options);
    const model = new ModelDatabase({ timestampMs: BigInt(driven.wall) });
    for (let i = 0; i < 3; i++) {
      expect((await server.client('shop').post('a.db', model.mutate().ltx)).status).toBe(200);
      await until(() => {
        driven.pass(5_000);
        return countOf(server, 'file.stored') > i;
      });
    }
    const stored = () => server.query('SELECT * FROM stored_file WHERE level = 1').length;
    const before = stored();
    boot++;
    await server.stop();
    driven.wall += 10 * YEAR;
    driven.monotonic = 7_000;
    await server.start();
    expect(await readinessOf(server)).toMatchObject({
      ready: true,
      clock: { state: 'doubted' },
      warnings: [expect.stringContaining('the clock is in doubt')],
    });
    // Nothing else keeps files of level 1 when there is a snapshot.
    await until(() => {
      driven.pass(5_000);
      return server.query('SELECT 1 FROM stored_file WHERE level = 9').length > 0;
    });
    // Most of a retention of level 1 goes by: what is built for other levels is built, what was stored stays.
    for (let minutes = 0; minutes < 50; minutes++) {
      driven.pass(60_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(countOf(server, 'file.expired')).toBe(0);
    expect(before).toBeGreaterThan(0);
    expect(stored()).toBeGreaterThanOrEqual(before);
    const answer = await server.client('shop').send('POST', '/v1/clock/clear');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ cleared: true, clock: { state: 'trusted' } });
    expect(await readinessOf(server)).toMatchObject({ clock: { state: 'trusted' }, warnings: [] });
    await until(() => {
      driven.pass(600_000);
      return countOf(server, 'file.expired') >= before;
    });
    expect(server.query("SELECT canonical FROM event WHERE type = 'clock.cleared'")).toHaveLength(1);
  });

  it('is shown while it is suspect', async () => {
    const driven = new Driven();
    await using server = await TestServer.start({ clock: driven.clock, timer: driven });
    driven.wall += YEAR;
    await until(() => {
      driven.pass(1_000);
      return countOf(server, 'clock.suspect') === 1;
    });
    expect(await readinessOf(server)).toMatchObject({
      ready: true,
      clock: { state: 'suspect', suspectSince: expect.any(Number) },
      warnings: [expect.stringContaining('the clock is suspect')],
    });
    await until(() => server.complaints.some(({ msg }) => msg?.startsWith('the clock is suspect')));
  });
});

describe('what unfinished uploads left behind', () => {
  it('is removed from a directory at a start, and once more when it is old enough', async () => {
    const root = tempDir();
    const parts = join(root, '+parts');
    mkdirSync(parts, { recursive: true });
    const leave = (name: string, ageMs: number, now: number): void => {
      writeFileSync(join(parts, name), 'part');
      utimesSync(join(parts, name), (now - ageMs) / 1_000, (now - ageMs) / 1_000);
    };
    const driven = new Driven();
    driven.wall = Date.now();
    leave('old', 25 * 3_600_000, driven.wall);
    leave('young', 3_600_000, driven.wall);
    const storage = { ...DEFAULT_STORAGE, replicas: [pathToFileURL(root).href] };
    await using server = await TestServer.start({ config: { storage }, clock: driven.clock, timer: driven });
    await until(() => !readdirSync(parts).includes('old'));
    expect(readdirSync(parts)).toContain('young');
    await until(() =>
      server.logs.some(({ msg }) => msg?.startsWith('what unfinished uploads left behind was')),
    );
    driven.pass(24 * 3_600_000);
    driven.pass(2 * 3_600_000);
    await until(() => !readdirSync(parts).includes('young'));
    expect(server.complaints).toEqual([]);
  });

  it('is no reason not to start where the replica cannot be used', async () => {
    const root = join(tempDir(), 'replica');
    writeFileSync(root, 'a file, not a folder');
    const storage = { ...DEFAULT_STORAGE, replicas: [pathToFileURL(root).href] };
    await using server = await TestServer.start({ config: { storage } });
    await until(() => server.complaints.length > 0);
    expect(server.complaints.map(({ msg }) => msg)).toEqual([
      'what unfinished uploads left behind could not be removed',
    ]);
  });
});

describe('a stop', () => {
  it('is the last event there is', async () => {
    const server = await TestServer.start({ dataPath: tempDir() });
    await server.stop('SIGTERM');
    await server.start();
    const types = server
      .query<{ type: string }>('SELECT type FROM event ORDER BY seq')
      .map(({ type }) => type);
    expect(types[types.lastIndexOf('server.started') - 1]).toBe('server.stopped');
    await server.stop();
  });
});
