import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  openReplica,
  type Replica,
  type SftpSettings,
  sha256Hex,
  sourceOf,
} from '../../src/storage/index.ts';
import { requireTool } from '../support/requires.ts';
import { SshServer, sshTool } from '../support/ssh-server.ts';
import { tempDir } from '../support/temp-dir.ts';

async function keys(replica: Replica): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of replica.list('')) found.push(key);
  return found;
}

function readOnlyPlace(open: (folder: string) => Promise<Replica>): void {
  test('is read as it is, and refuses to be written', async () => {
    const folder = join(tempDir(), 'replica');
    mkdirSync(join(folder, '1'), { recursive: true });
    writeFileSync(join(folder, '1', 'a'), 'text');
    const replica = await open(folder);
    expect(await keys(replica)).toEqual(['1/a']);
    expect((await replica.space())?.freeBytes).toBeGreaterThan(0);
    const bytes = Buffer.from('more');
    const put = replica.put('1/b', sourceOf(bytes), { sizeBytes: 4, sha256: sha256Hex(bytes), metadata: {} });
    await expect(put).rejects.toMatchObject({ code: 'EINVALID' });
    await expect(replica.deleteMany(['1/a'])).rejects.toMatchObject({ code: 'EINVALID' });
    expect(readdirSync(folder, { recursive: true })).toEqual(['1', '1/a']);
    await replica.close();
  });

  test('that is not there is empty, and is not made', async () => {
    const folder = join(tempDir(), 'no', 'replica');
    const replica = await open(folder);
    expect(await keys(replica)).toEqual([]);
    expect(await replica.head('1/a')).toBeNull();
    await expect(replica.get('1/a')).rejects.toMatchObject({ code: 'ENOTSTORED' });
    expect(await replica.space()).toBeNull();
    await replica.close();
    expect(existsSync(join(folder, '..'))).toBe(false);
  });

  test('that goes away meanwhile is not taken for an empty one', async () => {
    const folder = join(tempDir(), 'replica');
    mkdirSync(folder);
    const replica = await open(folder);
    expect(await keys(replica)).toEqual([]);
    rmSync(folder, { recursive: true });
    await expect(keys(replica)).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
    await replica.close();
  });
}

const options = { readOnly: true, readMetadata: async () => ({}) };

describe('a folder of this machine that is opened to be read', () => {
  readOnlyPlace((folder) => openReplica(`file://${folder}`, options));
});

requireTool('sshd', sshTool)('a folder of an SFTP server that is opened to be read', () => {
  let server: SshServer;
  let sftp: SftpSettings;
  beforeAll(async () => {
    server = await SshServer.start();
    sftp = server.settings();
  });
  afterAll(() => server.stop());
  readOnlyPlace((folder) =>
    openReplica(`sftp://${server.user}@127.0.0.1:${server.port}${folder}`, { ...options, sftp }),
  );
});
