import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findConfig, loadAgentConfig } from '../../src/config/litestream/find.ts';
import { tempDir } from '../support/temp-dir.ts';

const none = async (): Promise<boolean> => false;
const surroundings = { home: '/root', cwd: '/', pid: 1, expandEnv: true };

test.each([
  ['what is named', 'mine.yml', { LFSB_CONFIG: 'a.yml', LITESTREAM_CONFIG: 'b.yml' }, [], 'mine.yml'],
  [
    'LFSB_CONFIG',
    undefined,
    { LFSB_CONFIG: 'a.yml', LITESTREAM_CONFIG: 'b.yml' },
    ['/etc/lfsb.yml'],
    'a.yml',
  ],
  [
    'LITESTREAM_CONFIG',
    undefined,
    { LFSB_CONFIG: '', LITESTREAM_CONFIG: 'b.yml' },
    ['/etc/lfsb.yml'],
    'b.yml',
  ],
  ['our own file', undefined, {}, ['/etc/litestream.yml', '/etc/lfsb.yml'], '/etc/lfsb.yml'],
  [
    "Litestream's",
    undefined,
    {},
    ['/etc/litestream/litestream.yml', '/etc/litestream.yml'],
    '/etc/litestream.yml',
  ],
  ["Litestream's other", undefined, {}, ['/etc/litestream/litestream.yml'], '/etc/litestream/litestream.yml'],
  ['nothing', undefined, {}, [], null],
])('the configuration is %s', async (_, named, env, there, path) => {
  expect(await findConfig(named, env, async (each) => (there as string[]).includes(each))).toBe(path);
});

test('a file that is named is not replaced by another one, though it is not there', async () => {
  expect(await findConfig('/no/such.yml', {}, none)).toBe('/no/such.yml');
  const load = loadAgentConfig('/no/such.yml', { ...surroundings, env: {} });
  await expect(load).rejects.toMatchObject({
    code: 'ECONFIG',
    message: expect.stringContaining('/no/such.yml'),
  });
});

test('which file was read is part of the answer', async () => {
  const path = join(tempDir(), 'lfsb.yml');
  await writeFile(path, 'dbs: [{path: /a, replica: {path: /b}}]\n');
  const loaded = await loadAgentConfig(undefined, { ...surroundings, env: { LFSB_CONFIG: path } });
  expect(loaded).toMatchObject({ path, warnings: [], config: { databases: [{ path: '/a' }] } });
});
