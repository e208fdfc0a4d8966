import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { rowsOf, Site } from './site.ts';

const isRoot = userInfo().uid === 0;

/** Nothing keeps root from writing but a mount, which a namespace of its own can have where the system lets it. */
const canMount =
  isRoot &&
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp'])
    .status === 0;

/** All names below a folder, and when each changed last. */
const state = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .concat('')
    .map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`)
    .sort();

/** Runs the program where a folder cannot be written to. */
function withReadOnly(folder: string, args: readonly string[]): ReturnType<typeof spawnSync> {
  const options = { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } } as const;
  if (canMount) {
    const mount = `mount --bind '${folder}' '${folder}' && mount -o remount,ro,bind '${folder}' && ! touch '${folder}/x' 2>/dev/null && exec "$@"`;
    return spawnSync('unshare', ['-m', 'sh', '-c', mount, 'sh', process.execPath, LFSB, ...args], options);
  }
  const set = (mode: string) => execFileSync('chmod', ['-R', mode, folder]);
  set('a-w');
  onTestFinished(() => void set('u+w'));
  return spawnSync(process.execPath, [LFSB, ...args], options);
}

test.skipIf(isRoot && !canMount)(
  'a replica that is mounted read-only is listed and restored from, and nothing is written there',
  async () => {
    const site = new Site(tempDir());
    for (const value of ['one', 'two']) {
      site.commit(value);
      expect(await site.once()).toMatchObject({ code: 0 });
    }
    const before = state(site.replica());
    const out = join(site.folder, 'out', 'x.db');
    const restored = withReadOnly(site.replica(), ['restore', '-o', out, site.replica()]);
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    expect(rowsOf(out)).toEqual(['one', 'two']);
    const args = ['restore', '-o', `${out}-2`, '-config', site.config, '-txid', '0x1', site.db];
    expect(withReadOnly(site.replica(), args)).toMatchObject({ status: 0 });
    expect(withReadOnly(site.replica(), ['ltx', 'list', site.replica()])).toMatchObject({ status: 0 });
    expect(withReadOnly(site.replica(), ['databases', '-config', site.config])).toMatchObject({ status: 0 });
    expect(state(site.replica())).toEqual(before);
  },
);
