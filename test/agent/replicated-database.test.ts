import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/process-state.ts';
import { LiveSite } from './live-site.ts';

describe('a replicated database', () => {
  let site: LiveSite;
  afterEach(() => site.close());

  test('is on its replica a sync later, and every sync is a restore point', async () => {
    site = await new LiveSite(['one', 1_000]).start();
    const states: { at: number; values: string[] }[] = [];
    const values: string[] = [];
    for (let i = 0; i < 8; i += 1) {
      site.write(`v${i}`);
      values.push(`v${i}`);
      await site.pass(1);
      states.push({ at: site.clock.wall, values: [...values] });
    }
    await site.pass(2);
    expect(await site.restored('one')).toEqual(values);
    for (const { at, values: then } of states) {
      expect(await site.restored('one', { timestamp: at })).toEqual(then);
    }
  });

  test('has a large sync that is alone in its window stored as it was recorded', async () => {
    site = await new LiveSite(['one', 1_000]).start();
    site.write('a');
    await site.pass(3);
    site.write(randomBytes(200_000).toString('hex'));
    await site.pass(3);
    const sums = (type: string) =>
      site.agent.sql.all(
        `SELECT json_extract(canonical, '$.body.sha256') AS sha256 FROM event
         WHERE json_extract(canonical, '$.type') = ? ORDER BY seq DESC LIMIT 1`,
        type,
      );
    expect(sums('file.stored')).toEqual(sums('transaction.ingested'));
    expect(sums('file.stored')).toEqual([{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  test('costs nothing while it is idle', async () => {
    site = await new LiveSite(['one', 1_000]).start();
    site.write('a');
    await site.pass(400);
    const files = [1, 2, 3, 9].map((level) => site.files('one', level));
    await site.pass(60);
    expect([1, 2, 3, 9].map((level) => site.files('one', level))).toEqual(files);
  });

  test('what is told of it is read anew when something was recorded, and while something waits', async () => {
    site = await new LiveSite(['one', 10_000]).start();
    site.write('a');
    await site.pass(30);
    const before = await site.agent.reports.read();
    expect(before).toMatchObject({ txid: '0000000000000001', replicas: [{ lagMs: 0 }] });
    await site.pass(10);
    expect(await site.agent.reports.read()).toBe(before);
    site.write('b');
    await site.agent.sync();
    const lags: number[] = [];
    for (let second = 0; second < 2; second++) {
      site.clock = { ...site.clock, wall: site.clock.wall + 1_000 };
      const { txid, replicas } = await site.agent.reports.read();
      expect(txid).toBe('0000000000000002');
      lags.push(replicas[0]!.lagMs);
    }
    expect(lags).toEqual([1_000, 2_000]);
    await site.pass(30);
    expect(await site.agent.reports.read()).toMatchObject({
      replicas: [{ txid: '0000000000000002', lagMs: 0 }],
    });
  });

  test('is stored to the last transaction by a flush, whatever the sync interval', async () => {
    site = await new LiveSite(['one', 300_000]).start();
    site.write('a');
    await site.pass(2);
    site.write('b');
    await site.agent.sync();
    expect(await site.agent.storage.flush()).toEqual([]);
    expect(await site.restored('one')).toEqual(['a', 'b']);
  });

  test('a replica that does not answer keeps no other from a flush', async () => {
    site = new LiveSite(['stuck', 300_000], ['other', 300_000]);
    let answer = (): void => {};
    site.held.set('stuck', new Promise((resolve) => (answer = resolve)));
    await site.start();
    site.write('a');
    await site.agent.sync();
    const flushed = site.agent.storage.flush();
    await eventually('the other has it', () => site.files('other', 1).length === 1);
    expect(await site.restored('other')).toEqual(['a']);
    answer();
    expect(await flushed).toEqual([]);
    expect(await site.restored('stuck')).toEqual(['a']);
  });

  test('has several replicas, each by its own interval', async () => {
    site = await new LiveSite(['fast', 1_000], ['slow', 60_000]).start();
    for (let i = 0; i < 90; i += 1) {
      site.write(`v${i}`);
      await site.pass(1);
    }
    await site.pass(2);
    expect(site.files('fast', 1).length).toBeGreaterThan(80);
    expect(site.files('slow', 1).length).toBeLessThan(4);
    expect((await site.restored('fast')).length).toBe(90);
    const slow = await site.restored('slow');
    expect(slow.length).toBeGreaterThan(25);
    expect(slow).toEqual(Array.from({ length: slow.length }, (_, i) => `v${i}`));
  });

  test('goes on where it stopped, with what was written meanwhile', async () => {
    site = await new LiveSite(['one', 1_000]).start();
    site.write('a');
    await site.pass(3);
    await site.agent.close('restart');
    site.write('b');
    await site.start();
    site.write('c');
    await site.pass(3);
    expect(await site.restored('one')).toEqual(['a', 'b', 'c']);
  });

  test('has its log to itself: a second agent is refused', async () => {
    site = await new LiveSite(['one', 1_000]).start();
    await expect(site.start()).rejects.toMatchObject({ code: 'EDATADIR' });
  });

  test("a copy of the replica's folder that is made meanwhile restores", async () => {
    site = await new LiveSite(['one', 1_000]).start();
    for (let i = 0; i < 20; i += 1) {
      site.write(`v${i}`);
      await site.pass(1);
    }
    const copy = join(site.folder, 'copy', '1');
    mkdirSync(copy, { recursive: true });
    for (const name of site.files('one', 1).slice(0, 12))
      copyFileSync(join(site.folder, 'one', '1', name), join(copy, name));
    const values = await site.restored('copy');
    expect(values.length).toBeGreaterThan(8);
  });

  test('proves by building it what a replica has, and sends all anew where that fails', async () => {
    site = await new LiveSite(['one', 1_000]).start();
    for (let i = 0; i < 5; i += 1) {
      site.write(`v${i}`);
      await site.pass(1);
    }
    await site.pass(2);
    expect(await site.validate('one')).toMatchObject({ outcome: 'passed', points: 1, failure: null });
    const victim = site.files('one', 1).at(-1);
    const path = join(site.folder, 'one', '1', victim!);
    const bytes = readFileSync(path);
    bytes[150]! ^= 1;
    writeFileSync(path, bytes);
    await expect(site.restored('one')).rejects.toMatchObject({ name: 'LtxError' });
    expect(await site.validate('one')).toMatchObject({ outcome: 'failed', failure: { code: 'ECORRUPT' } });
    await site.pass(3);
    expect(await site.restored('one')).toEqual(['v0', 'v1', 'v2', 'v3', 'v4']);
    expect(await site.validate('one')).toMatchObject({ outcome: 'passed' });
  });
});
