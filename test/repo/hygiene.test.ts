import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

/** What git knows of, or would if it were added. */
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((name) => name !== '');

const LINES_MAX = 200;

/** Spelled apart, or this file would be one that names them. */
const HOSTS = [
  'registry' + '.npmjs',
  'registry' + '.yarnpkg',
  'npm' + 'mirror',
  'deb.' + 'debian',
  'proxy.' + 'golang',
];

describe('the repository', () => {
  test('is there to be looked at', () => {
    expect(files.length).toBeGreaterThan(300);
  });

  test('locks versions and hashes, not where they were fetched', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    const entries = Object.entries(packages).filter(([path]) => path !== '');
    expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(entries.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
  });

  test('names no host of a registry', () => {
    const naming = files.filter((name) => {
      const text = readIfThere(name);
      return HOSTS.some((host) => text.includes(host));
    });
    expect(naming).toEqual([]);
  });

  test(`keeps files of the program under ${LINES_MAX} lines`, () => {
    const sources = files.filter(
      (name) => /^(src|cli)\/.*\.ts$/.test(name) && !name.endsWith('.generated.ts'),
    );
    expect(sources.length).toBeGreaterThan(100);
    const long = sources.filter((name) => readIfThere(name).split('\n').length > LINES_MAX + 1);
    expect(long).toEqual([]);
  });

  test('pins what it depends on', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const versions = Object.values({ ...dependencies, ...devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

/** Git may know of a file that is being removed. */
function readIfThere(name: string): string {
  try {
    return read(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
