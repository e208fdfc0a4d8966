import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';
import { Site } from './site.ts';

const HOOKS = fileURLToPath(new URL('../support/imported-packages.mjs', import.meta.url));

/** Loaded by the thread that checks the file, of which some versions of node tell. */
const OF_THE_CHECK = 'better-sqlite3';

/** Runs a command to its end; returns the packages that it loaded otherwise, in the order of their names. */
async function packagesOf(site: Site, args: readonly string[]): Promise<string[]> {
  const list = join(tempDir(), 'packages');
  const { code, stderr } = await site.run(args, {
    NODE_OPTIONS: `--import ${HOOKS}`,
    IMPORTED_PACKAGES: list,
  });
  expect(code, stderr).toBe(0);
  const names = new Set(readFileSync(list, 'utf8').split('\n').slice(0, -1));
  return [...names].filter((name) => name !== OF_THE_CHECK).sort();
}

test('a restore from a folder loads nothing that it does not use, which would take longer than a small one', async () => {
  const site = new Site(tempDir());
  site.commit('one');
  expect(await site.once()).toMatchObject({ code: 0 });
  const restored = await packagesOf(site, ['restore', '-o', 'out.db', `file://${site.replica()}`]);
  expect(restored).toEqual(['@oclif/core']);
  const configured = await packagesOf(site, ['restore', '-config', site.config, '-o', 'new.db', site.db]);
  expect(configured).toEqual(['@oclif/core', 'yaml']);
});
