import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Shapes } from '../cli/support/shape.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Site } from './site.ts';

/** Scripts rely on these: a line that goes away or changes here is a breaking change. */
test('what --json prints of replicated databases has the shape that scripts rely on', async () => {
  const site = new Site(tempDir(), ['first', '{name: second, path: second, validation-interval: 1h}']);
  const shapes = new Shapes();
  const told = async (name: string, args: readonly string[], code = 0): Promise<void> => {
    const result = await site.run([...args, '--json']);
    expect([result.code, args, result.stderr]).toEqual([code, args, expect.any(String)]);
    shapes.add(name, result);
  };
  const config = ['-config', site.config];
  await told('databases', ['databases', ...config]);
  for (const value of ['one', 'two']) {
    site.commit(value);
    expect(await site.once()).toMatchObject({ code: 0 });
  }
  await told('databases', ['databases', ...config]);
  await told('restore SOURCE', ['restore', '-o', join(site.folder, 'copy.db'), ...config, site.db]);
  const other = ['-o', join(site.folder, 'other.db'), `file://${site.replica('first')}`];
  await told('restore SOURCE', ['restore', ...other, '--txid', '0x1']);
  await told('restore SOURCE, nothing to do', ['restore', '-if-db-not-exists', ...config, site.db]);
  await told('ltx list', ['ltx', 'list', ...config, site.db]);
  await told('config check', ['config', 'check', site.config]);
  // What else happens depends on how long this takes.
  for (const type of ['transaction.ingested', 'file.stored'])
    await told(`log --db PATH --type ${type}`, ['log', '--db', site.db, '--type', type]);
  await told('log show --db PATH', ['log', 'show', '--db', site.db, '1']);
  await told('log verify --db PATH', ['log', 'verify', '--db', site.db]);
  await told('an error', ['restore', '-o', join(site.folder, 'none.db'), `${site.folder}/none`], 3);
  await expect(shapes.toString()).toMatchFileSnapshot('./json.txt');
}, 120_000);
