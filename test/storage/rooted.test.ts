import { expect, test } from 'vitest';
import { MemoryReplica, type Replica, sha256Hex, sourceOf } from '../../src/storage/index.ts';
import { withFolder } from '../../src/storage/rooted.ts';

const put = (replica: Replica, key: string): Promise<void> => {
  const bytes = Buffer.from(key);
  return replica.put(key, sourceOf(bytes), {
    sizeBytes: bytes.length,
    sha256: sha256Hex(bytes),
    metadata: {},
  });
};

const A = '0000000000000001-0000000000000001.ltx';
const B = '0000000000000002-0000000000000004.ltx';

async function keysOf(replica: Replica, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of replica.list(prefix, after === undefined ? {} : { after })) keys.push(key);
  return keys;
}

test('keys of the folder are kept without it, those of the log as they are', async () => {
  const place = new MemoryReplica();
  const replica = withFolder(place, 'local/app.db/');
  for (const key of [`local/app.db/1/${A}`, `local/app.db/1/${B}`, '.lfsb/log/x']) await put(replica, key);
  expect(await keysOf(place, '')).toEqual(['.lfsb/log/x', `1/${A}`, `1/${B}`]);
  expect(await keysOf(replica, 'local/app.db/')).toContain(`local/app.db/1/${B}`);
  expect(await keysOf(replica, 'local/app.db/1/', `local/app.db/1/${A}`)).toEqual([`local/app.db/1/${B}`]);
  expect(await keysOf(replica, '.lfsb/')).toEqual(['.lfsb/log/x']);
  expect((await replica.head(`local/app.db/1/${A}`))?.sizeBytes).toBe('local/app.db/1/'.length + A.length);
  expect((await replica.get('.lfsb/log/x')).sizeBytes).toBe(11);
  expect(await replica.deleteMany([`local/app.db/1/${A}`, 'local/app.db/9/none.ltx'])).toEqual([
    { key: `local/app.db/1/${A}`, error: null },
    { key: 'local/app.db/9/none.ltx', error: null },
  ]);
  expect(await keysOf(place, '1/')).toEqual([`1/${B}`]);
});

test('a key of another database is refused', async () => {
  const replica = withFolder(new MemoryReplica(), 'local/app.db/');
  await expect(put(replica, `local/other.db/1/${A}`)).rejects.toMatchObject({ code: 'EINVALID' });
  await expect(replica.deleteMany([`shop/app.db/1/${A}`])).rejects.toMatchObject({ code: 'EINVALID' });
  await expect(keysOf(replica, 'shop/')).rejects.toMatchObject({ code: 'EINVALID' });
});

test("another tool's files are neither listed nor deleted with the database", async () => {
  const place = new MemoryReplica();
  await put(place, 'generations/b16ddcf5c697540f/snapshots/00000000.snapshot.lz4');
  const replica = withFolder(place, 'local/app.db/');
  await put(replica, `local/app.db/9/${A}`);
  expect(await keysOf(replica, 'local/app.db/')).toEqual([`local/app.db/9/${A}`]);
});
