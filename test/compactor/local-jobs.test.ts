import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FreshFiles } from '../../src/compactor/run/fresh-files.ts';
import { LocalJobs } from '../../src/compactor/run/local-jobs.ts';
import { ReplicaSet } from '../../src/compactor/run/replica-set.ts';
import type { BuildTask } from '../../src/compactor/run/tasks.ts';
import { LtxDecoder } from '../../src/ltx/index.ts';
import { gather } from '../../src/storage/bytes.ts';
import { MemoryReplica, sha256Hex } from '../../src/storage/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

const KEY = 'prod/a.db/1/x.ltx';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lfsb-jobs-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** A first transaction, as a source sends it: what it says is what the level's file is to say. */
function first() {
  const database = new ModelDatabase({ pageSize: 4096, seed: 7, compress: true });
  database.mutate({ pagesMax: 40 });
  const file = database.transactions[0]!.ltx;
  const decoder = new LtxDecoder();
  decoder.write(file);
  const { postApplyChecksum } = decoder.end();
  const { minTxid, maxTxid, pageSize, commit, preApplyChecksum, timestampMs } = decoder.header!;
  const times = { effectiveTime: Number(timestampMs), receivedAt: 0 };
  const task: BuildTask = {
    ...{ cluster: 'prod', db: 'a.db', incarnation: 1, replica: 'bucket', key: KEY, reason: 'test' },
    output: { level: 1, minTxid, maxTxid, pageSize, commit, preApplyChecksum, postApplyChecksum, ...times },
    ...{ inputs: [Float64Array.of(1)], inputCount: 1, asSnapshot: false, isCopy: false },
  };
  return { file, task };
}

/** @param recorded what the log says of the file in the spool */
function jobsOf(recorded: Uint8Array, freshBytesMax: number, bucket: MemoryReplica): LocalJobs {
  const row = {
    ...{ seq: 1, size_bytes: recorded.length, sha256: sha256Hex(recorded), spool_name: 'spool-1' },
  };
  return new LocalJobs({
    sql: { get: <R>() => row as R, all: () => [], run: () => ({ changes: 0 }) },
    spoolDirectory: directory,
    cacheDirectory: directory,
    payloadBytes: () => null,
    replicas: new ReplicaSet(async () => bucket),
    fresh: new FreshFiles(join(directory, 'fresh'), freshBytesMax),
    logHead: () => '1:0',
  });
}

describe('a file whose bytes are there already', () => {
  test.each([
    ['goes from where it is when it is too large to be kept', 0, ['spool-1']],
    ['is kept for the next level when it is not', 2 ** 20, ['fresh', 'spool-1']],
  ])('%s', async (_, freshBytesMax, left) => {
    const { file, task } = first();
    await writeFile(join(directory, 'spool-1'), file);
    const bucket = new MemoryReplica();
    const built = await jobsOf(file, freshBytesMax, bucket).build(task);
    expect(built).toEqual({ sizeBytes: file.length, sha256: sha256Hex(file) });
    expect(Buffer.compare(await gather(await bucket.get(KEY), file.length), file)).toBe(0);
    expect((await readdir(directory)).sort()).toEqual(left);
  });

  test('is kept as it lies, and stays when it has left the spool', async () => {
    const { file, task } = first();
    const spooled = join(directory, 'spool-1');
    await writeFile(spooled, file);
    const fresh = new FreshFiles(join(directory, 'fresh'), 2 ** 20);
    await jobsOf(file, 2 ** 20, new MemoryReplica()).build(task);
    const kept = join(directory, 'fresh', `${sha256Hex(file)}.ltx`);
    expect((await stat(kept)).ino).toBe((await stat(spooled)).ino);
    await rm(spooled);
    const input = await fresh.open(sha256Hex(file));
    expect(input?.sizeBytes).toBe(file.length);
    await input?.close();
  });

  test('is stored, and not kept, when it leaves the spool meanwhile', async () => {
    const { file, task } = first();
    const spooled = join(directory, 'spool-1');
    await writeFile(spooled, file);
    const bucket = new MemoryReplica();
    const put = bucket.put.bind(bucket);
    bucket.put = async (...args) => {
      await put(...args);
      await rm(spooled);
    };
    const built = await jobsOf(file, 2 ** 20, bucket).build(task);
    expect(built).toEqual({ sizeBytes: file.length, sha256: sha256Hex(file) });
    expect(await readdir(join(directory, 'fresh'))).toEqual([]);
  });

  test.each([0, 2 ** 20])('is not stored when it is not what the log says', async (freshBytesMax) => {
    const { file, task } = first();
    const damaged = file.slice();
    damaged[damaged.length - 40]! ^= 1;
    await writeFile(join(directory, 'spool-1'), damaged);
    const bucket = new MemoryReplica();
    const building = jobsOf(file, freshBytesMax, bucket).build(task);
    await expect(building).rejects.toMatchObject({ code: 'ECORRUPT' });
    expect(await bucket.head(KEY)).toBeNull();
    expect(await readdir(directory)).toEqual(['spool-1']);
  });
});
