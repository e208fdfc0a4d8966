import { execFileSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DirectoryReplica } from '../../src/storage/directory.ts';
import type { FileView } from '../../src/storage/directory-file.ts';
import { LocalFiles } from '../../src/storage/local-files.ts';
import { shortName } from '../../src/storage/short-names.ts';
import { tempDir } from '../support/temp-dir.ts';
import { code, interrupted, keysOf, META, put, read } from './using.ts';

const bytes = Buffer.from('some bytes');

/** A folder on a disk that may go. */
class Mounted extends LocalFiles {
  isMounted = true;

  override async volume(): Promise<string> {
    return this.isMounted ? super.volume() : 'what is below';
  }
}

describe('a directory replica', () => {
  test('keeps each object as a file of its key, and nothing beside it', async () => {
    const root = tempDir();
    const replica = await DirectoryReplica.open(root);
    await put(replica, 'cluster/db/1/a.ltx', bytes, { metadata: META });
    await put(replica, 'cluster/db/1/b.ltx', bytes, { ifNoneMatch: '*' });
    expect((await readdir(root, { recursive: true })).sort()).toEqual([
      '+parts',
      'cluster',
      'cluster/db',
      'cluster/db/1',
      'cluster/db/1/a.ltx',
      'cluster/db/1/b.ltx',
    ]);
    expect((await stat(join(root, 'cluster/db/1/b.ltx'))).nlink).toBe(1);
    await replica.deleteMany(['cluster/db/1/a.ltx', 'cluster/db/1/b.ltx']);
    expect(await readdir(root)).toEqual(['+parts']);
  });

  test('reads metadata from the file with the reader that it is given', async () => {
    const readMetadata = async ({
      key,
      sizeBytes,
      read: look,
    }: FileView): Promise<Record<string, string>> => ({
      Start: Buffer.from(await look(0, 4)).toString(),
      End: Buffer.from(await look(sizeBytes - 5, 100)).toString(),
      Key: key,
    });
    const replica = await DirectoryReplica.open(tempDir(), { readMetadata });
    await put(replica, 'a/b', bytes);
    expect((await replica.head('a/b'))?.metadata).toEqual({ Start: 'some', End: 'bytes', Key: 'a/b' });
  });

  test('shortens names over 200 bytes, each to another one', async () => {
    const root = tempDir();
    const replica = await DirectoryReplica.open(root);
    const names = ['x'.repeat(200), 'x'.repeat(201), `${'x'.repeat(200)}y`];
    for (const name of names) await put(replica, `${name}/a`, Buffer.from(name));
    for (const name of names) expect((await read(replica, `${name}/a`)).toString()).toBe(name);
    const stored = (await readdir(root)).filter((name) => name !== '+parts').sort();
    expect(stored).toEqual(names.map(shortName).sort());
    expect(stored.map((name) => name.length).sort()).toEqual([200, 213, 213]);
    expect(shortName('x'.repeat(201))).toMatch(/^x{180}~[0-9a-f]{32}$/);
    expect(await code(keysOf(replica, 'x'.repeat(190)))).toBe('EINVALID');
    expect(await keysOf(replica, 'x'.repeat(180))).toHaveLength(3);
  });

  test('sweeps what puts have left that cannot run any more', async () => {
    const root = tempDir();
    const replica = await DirectoryReplica.open(root);
    const hourAgo = new Date(Date.now() - 3_600_000);
    await writeFile(join(root, '+parts/old'), 'x');
    await utimes(join(root, '+parts/old'), hourAgo, hourAgo);
    await writeFile(join(root, '+parts/new'), 'x');
    expect(await replica.sweep(Date.now() - 60_000)).toBe(1);
    expect(await readdir(join(root, '+parts'))).toEqual(['new']);
  });

  test('does not take a lost mount for an empty replica, nor fill it', async () => {
    const parent = tempDir();
    const root = join(parent, 'mount');
    const files = new Mounted(root);
    const replica = new DirectoryReplica(files);
    await put(replica, 'a/b', bytes);
    await rename(root, join(parent, 'elsewhere'));
    files.isMounted = false;
    for (const empty of [false, true]) {
      if (empty) await mkdir(root);
      expect(await code(replica.get('a/b'))).toBe('EUNAVAILABLE');
      expect(await code(replica.head('a/b'))).toBe('EUNAVAILABLE');
      expect(await code(keysOf(replica, ''))).toBe('EUNAVAILABLE');
      expect(await code(keysOf(replica, 'a/'))).toBe('EUNAVAILABLE');
      expect(await code(put(replica, 'c/d', bytes))).toBe('EUNAVAILABLE');
      expect(await replica.deleteMany(['a/b'])).toMatchObject([{ error: { code: 'EUNAVAILABLE' } }]);
    }
    await rm(root, { recursive: true });
    await rename(join(parent, 'elsewhere'), root);
    expect(await read(replica, 'a/b')).toEqual(bytes);
  });

  test.runIf(userInfo().uid === 0)('knows a disk that is mounted from what is below it', async () => {
    const disk = tempDir();
    const files = new LocalFiles(join(disk, 'a', 'b'));
    const below = await files.volume();
    expect(below).toBe(await new LocalFiles(disk).volume());
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      expect(await files.volume()).not.toBe(below);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
    expect(await files.volume()).toBe(below);
  });

  test('is made anew where it was emptied, or removed, and the disk is still mounted', async () => {
    const root = join(tempDir(), 'replica');
    const replica = await DirectoryReplica.open(root);
    for (const isMade of [true, false]) {
      await put(replica, 'a/b', bytes);
      await rm(root, { recursive: true });
      if (isMade) await mkdir(root);
      expect(await replica.head('a/b')).toBeNull();
      expect(await code(replica.get('a/b'))).toBe('ENOTSTORED');
      expect(await keysOf(replica, '')).toEqual([]);
    }
    await put(replica, 'c/d', bytes);
    await rm(root, { recursive: true });
    expect(await code(put(replica, 'a/b', bytes))).toBe('EUNAVAILABLE');
    await put(replica, 'a/b', bytes);
    expect(await keysOf(replica, '')).toEqual(['a/b']);
  });

  test('passes over names that no key has, and follows links', async () => {
    const root = tempDir();
    const replica = await DirectoryReplica.open(root);
    await put(replica, 'a/b', bytes);
    await mkdir(join(root, 'lost+found'));
    await writeFile(join(root, 'a/with space'), 'x');
    await symlink(join(root, 'a'), join(root, 'link'));
    await symlink(join(root, 'nowhere'), join(root, 'broken'));
    expect(await keysOf(replica, '')).toEqual(['a/b', 'link/b']);
  });

  test('cannot hold an object where it has a folder, nor below an object', async () => {
    const replica = await DirectoryReplica.open(tempDir());
    await put(replica, 'a/b', bytes);
    expect(await code(put(replica, 'a', bytes))).toBe('EINVALID');
    expect(await code(put(replica, 'a/b/c', bytes))).toBe('EINVALID');
    expect(await keysOf(replica, '')).toEqual(['a/b']);
  });

  test('tells the error of a source from its own, though both are of the file system', async () => {
    const replica = await DirectoryReplica.open(tempDir());
    const error = await stat('/does/not/exist').catch((found: Error) => found);
    const options = { sizeBytes: 1, sha256: '', metadata: {} };
    await expect(replica.put('a', interrupted(bytes, 1, error as Error), options)).rejects.toMatchObject({
      code: 'EINVALID',
    });
    const long = { ...options, sizeBytes: 100 };
    await expect(replica.put('a', interrupted(bytes, 1, error as Error), long)).rejects.toBe(error);
  });

  test('fails a body whose file gets shorter, and ends one whose file grows', async () => {
    const root = tempDir();
    const replica = await DirectoryReplica.open(root);
    await put(replica, 'a', Buffer.alloc(1_000_000));
    const cut = await replica.get('a');
    await truncate(join(root, 'a'), 600_000);
    expect(
      await code(
        (async () => {
          for await (const chunk of cut) expect(chunk.byteLength).toBeGreaterThan(0);
        })(),
      ),
    ).toBe('EUNAVAILABLE');
    const grown = await replica.get('a');
    await appendFile(join(root, 'a'), 'more');
    let sizeBytes = 0;
    for await (const chunk of grown) sizeBytes += chunk.byteLength;
    expect(sizeBytes).toBe(600_000);
  });
});
