import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { openReplicas } from '../../src/compactor/run/open-replicas.ts';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { DirectoryReplica } from '../../src/storage/directory.ts';
import { tempDir } from '../support/temp-dir.ts';
import { code, put, read } from './using.ts';

it('a thread that reads makes nothing where the mount of a folder is lost, nor says that it is empty', async () => {
  const parent = tempDir();
  const root = join(parent, 'mount');
  await put(await DirectoryReplica.open(root), 'a/b', Buffer.from('x'));
  await rename(root, join(parent, 'elsewhere'));
  const data = {
    replicas: [{ name: 'one', url: pathToFileURL(root).href, required: true }],
    ...{ s3: DEFAULT_STORAGE.s3, sftp: DEFAULT_STORAGE.sftp },
  };
  const reading = openReplicas(data, () => {}, { mustBeThere: true });
  const first = async () => code((await reading.get('one')).get('a/b'));
  await expect(first()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
  expect(existsSync(root)).toBe(false);
  await mkdir(root);
  await expect(first()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
  expect(await readdir(root)).toEqual([]);
  await rm(root, { recursive: true });
  await rename(join(parent, 'elsewhere'), root);
  expect((await read(await reading.get('one'), 'a/b')).toString()).toBe('x');
  await reading.close();
});
