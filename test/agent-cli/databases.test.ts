import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stateOf } from '../../src/agent/inspect/view.ts';
import { linesOf } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Running } from './running.ts';
import { Site, until } from './site.ts';

interface View {
  readonly isRunning: boolean;
  readonly txid: string | null;
  readonly replicas: readonly {
    readonly state: string;
    readonly message: string | null;
    readonly txid: string | null;
    readonly lagMs: number;
    readonly files: number;
    readonly window: { readonly first: { readonly txid: string } } | null;
    readonly space: { readonly freeBytes: number } | null;
    readonly lastSuccessAt: string | null;
    readonly validation: { readonly passed: boolean } | null;
  }[];
}

async function viewOf(site: Site): Promise<View> {
  const { code, stdout } = await site.run(['databases', '-config', site.config, '--json']);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as View[])[0]!;
}

describe('databases', () => {
  test('tells of a database that was never replicated, and makes nothing', async () => {
    const site = new Site(tempDir());
    const { replicas, ...database } = await viewOf(site);
    expect(database).toMatchObject({ isRunning: false, txid: null });
    expect(replicas).toMatchObject([
      { state: 'never replicated', window: null, lastSuccessAt: null, space: null },
    ]);
  });

  test('tells how far each replica is, and that changes wait that no agent has seen', async () => {
    const site = new Site(tempDir(), ['first', 'second']);
    site.commit('one');
    expect(await site.once()).toMatchObject({ code: 0 });
    const current = await viewOf(site);
    expect(current).toMatchObject({ isRunning: false, txid: '0000000000000001' });
    for (const replica of current.replicas) {
      expect(replica).toMatchObject({
        state: 'current',
        txid: '0000000000000001',
        files: 1,
        validation: null,
      });
      expect(replica.space?.freeBytes).toBeGreaterThan(0);
      expect(Date.parse(replica.lastSuccessAt ?? '')).toBeGreaterThan(Date.now() - 120_000);
    }
    site.commit('two');
    const [first] = (await viewOf(site)).replicas;
    expect(first?.lagMs).toBeGreaterThan(0);
    const table = await site.run(['databases'], { LFSB_CONFIG: site.config });
    expect(linesOf(table.stdout)[0]).toMatch(/^DATABASE +REPLICA +STATE +TXID +LAG +LAST SUCCESS +WINDOW/);
    expect(linesOf(table.stdout)[1]).toMatch(/app\.db +file:\/\/\S+first +current +0x1 +\S+ +\S+ ago/);
    expect(table.stderr).toContain('no agent runs');
  });

  test('works while the agent runs, and tells what its validation found', async () => {
    const site = new Site(tempDir(), [
      '{name: only, path: replica, sync-interval: 100ms, validation-interval: 500ms}',
    ]);
    site.commit('one');
    new Running(site, []);
    await until(async () => (await viewOf(site)).replicas[0]?.validation?.passed === true);
    expect(await viewOf(site)).toMatchObject({ isRunning: true, replicas: [{ state: 'current' }] });
  });

  test('tells that the agent cannot read the live file, though all of its log is stored', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    new Running(site, []);
    const isReplica = async (about: object): Promise<boolean> => {
      const [replica] = (await viewOf(site)).replicas;
      return Object.entries(about).every(([key, value]) => replica?.[key as keyof typeof replica] === value);
    };
    await until(() => isReplica({ state: 'current' }));
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${site.db}${suffix}`);
    await until(() => isReplica({ state: 'failing', message: 'there is no file' }));
    writeFileSync(site.db, 'x'.repeat(8_192));
    await until(async () => !(await isReplica({ message: 'there is no file' })));
    expect(await isReplica({ state: 'failing' })).toBe(true);
    rmSync(site.db);
    site.commit('anew');
    await until(() => isReplica({ state: 'current', message: null }));
  });

  test('one log that cannot be read is told beside the others', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    await site.once();
    writeFileSync(join(site.folder, '.app.db-lfsb', 'lfsb.db'), 'no database');
    const { code, stderr } = await site.run(['databases', '-config', site.config]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('cannot be read') });
  });
});

test.each([
  [{}, 'current'],
  [{ lagMs: 31_000 }, 'current'],
  [{ lagMs: 33_000 }, 'behind'],
  [{ txid: null }, 'never replicated'],
  [{ validation: { at: 1, passed: false, message: 'x' }, lagMs: 1e9 }, 'validation failed'],
  [{ isDamaged: true, validation: { at: 1, passed: false, message: 'x' }, lagMs: 1e9 }, 'damaged'],
  [{ isFailing: true, isDamaged: true, txid: null, lagMs: 1e9 }, 'failing'],
])('the state of a replica with %j is %s', (facts, state) => {
  const well = {
    isFailing: false,
    isDamaged: false,
    validation: null,
    txid: '0000000000000001',
    lagMs: 0,
    syncIntervalMs: 1_000,
  };
  expect(stateOf({ ...well, ...facts })).toBe(state);
});

describe('ltx list', () => {
  test('lists the files of every replica of a database, or those of one place', async () => {
    const site = new Site(tempDir(), ['first', 'second']);
    site.commit('one');
    await site.once();
    site.commit('two');
    await site.once();
    const all = await site.run(['ltx', 'list', '-config', site.config, site.db, '--json']);
    const lines = linesOf(all.stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ replica, level, minTxid }) => [replica, level, minTxid])).toEqual([
      ['first', 1, '0000000000000001'],
      ['first', 1, '0000000000000002'],
      ['second', 1, '0000000000000001'],
      ['second', 1, '0000000000000002'],
    ]);
    const path = join(site.replica('first'), String(lines[0]?.['key']));
    expect(lines[0]?.['sizeBytes']).toBe(readFileSync(path).byteLength);
    const one = await site.run(['ltx', 'list', `file://${site.replica('first')}`]);
    expect(linesOf(one.stdout)).toHaveLength(3);
    const none = await site.run(['ltx', 'list', '--level', '9', site.replica('first')]);
    expect(none).toMatchObject({ code: 0, stdout: '', stderr: 'no files of a database\n' });
  });
});
