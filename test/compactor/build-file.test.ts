import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFile } from '../../src/compactor/run/build-file.ts';
import { type BuildPlaces, FOLDED_BYTES_MAX } from '../../src/compactor/run/build-inputs.ts';
import type { FileSource } from '../../src/compactor/run/catalogue.ts';
import { FreshFiles } from '../../src/compactor/run/fresh-files.ts';
import { ReplicaSet } from '../../src/compactor/run/replica-set.ts';
import type { BuildTask } from '../../src/compactor/run/tasks.ts';
import { LfsbError } from '../../src/errors/index.ts';
import {
  HEADER_BYTES,
  LtxDecoder,
  LtxFold,
  type LtxHeader,
  relabel,
  TRAILER_BYTES,
} from '../../src/ltx/index.ts';
import type { Sql } from '../../src/projections/index.ts';
import { MemoryReplica, sha256Hex, sourceOf } from '../../src/storage/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lfsb-build-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** A place where level 0 is what is given, by sequence numbers from 1 on: in rows, or in the spool. */
function places(
  files: readonly Uint8Array[],
  spooled: ReadonlySet<number>,
  bucket: MemoryReplica,
): BuildPlaces {
  const row = (seq: number) => ({
    seq,
    size_bytes: files[seq - 1]!.length,
    sha256: sha256Hex(files[seq - 1]!),
    spool_name: spooled.has(seq) ? `spool-${seq}` : null,
  });
  const sql: Sql = {
    get: <R>(_: string, seq: unknown) => (files[Number(seq) - 1] ? (row(Number(seq)) as R) : undefined),
    all: () => [],
    run: () => ({ changes: 0 }),
  };
  return {
    sql,
    spoolDirectory: directory,
    cacheDirectory: directory,
    payloadBytes: (seq) => files[seq - 1]!,
    replicas: new ReplicaSet(async () => bucket),
    fresh: new FreshFiles(join(directory, 'fresh')),
  };
}

function task(header: LtxHeader, postApplyChecksum: bigint, rest: Partial<BuildTask>): BuildTask {
  const { minTxid, maxTxid, pageSize, commit, preApplyChecksum, timestampMs } = header;
  const times = { effectiveTime: Number(timestampMs), receivedAt: 0 };
  return {
    cluster: 'prod',
    db: 'a.db',
    incarnation: 1,
    replica: 'bucket',
    key: 'key',
    output: { level: 1, minTxid, maxTxid, pageSize, commit, preApplyChecksum, postApplyChecksum, ...times },
    inputs: [],
    inputCount: 0,
    asSnapshot: false,
    isCopy: false,
    reason: 'test',
    ...rest,
  };
}

function ends(file: Uint8Array): { header: LtxHeader; postApplyChecksum: bigint } {
  const decoder = new LtxDecoder();
  decoder.write(file);
  const { postApplyChecksum } = decoder.end();
  return { header: decoder.header!, postApplyChecksum };
}

async function make(of: BuildTask, from: BuildPlaces): Promise<Uint8Array> {
  const scratch = await makeFile(of, from, new LtxFold());
  const input = await scratch.open();
  await scratch.discard();
  const chunks: Uint8Array[] = [];
  for await (const chunk of input.chunks()) chunks.push(new Uint8Array(chunk));
  await input.close();
  return Buffer.concat(chunks);
}

function history(pageSize: number, transactions: number): Uint8Array[] {
  const database = new ModelDatabase({ pageSize, seed: 7, compress: true });
  for (let i = 0; i < transactions; i++) database.mutate({ pagesMax: 8 });
  return database.transactions.map(({ ltx }) => ltx);
}

/** Transactions of one large page each, none of which compresses. */
function largeHistory(transactions: number): Uint8Array[] {
  const database = new ModelDatabase({ pageSize: 65_536, seed: 7, compress: true });
  for (let page = 1; page <= transactions; page++) database.commit({ pages: [[page, randomBytes(65_536)]] });
  return database.transactions.map(({ ltx }) => ltx);
}

/** The same file as one that says which bytes of a WAL it came from. */
function withWal(file: Uint8Array): Uint8Array {
  const decoder = new LtxDecoder();
  decoder.write(file);
  const [trailer, header] = [decoder.end(), decoder.header!];
  const wal = { walOffset: 32n, walSize: 65_560n, walSalt1: 1, walSalt2: 2, nodeId: 7n };
  const written = relabel({ header, trailer, pages: decoder.pageCount }, { ...header, ...wal });
  const same = file.slice();
  same.set(written.headerBytes);
  same.set(written.trailerBytes, same.length - TRAILER_BYTES);
  return same;
}

function foldOf(files: readonly Uint8Array[]): Uint8Array {
  const fold = new LtxFold();
  for (const file of files) fold.add(file);
  return Buffer.concat([...fold.chunks({ compress: true })]);
}

const NONE: ReadonlySet<number> = new Set();

describe('a build', () => {
  test.each([
    ['in rows', 40, NONE],
    ['in rows and in the spool', 40, new Set([1, 17, 18, 40])],
    ['all in the spool, more than one merge takes', 40, new Set(Array.from({ length: 40 }, (_, i) => i + 1))],
  ])('of transactions %s is their merge, and leaves nothing else', async (_, count, spooled) => {
    const files = history(4096, count);
    for (const seq of spooled) await writeFile(join(directory, `spool-${seq}`), files[seq - 1]!);
    const expected = foldOf(files);
    const { header, postApplyChecksum } = ends(expected);
    const inputs = [Float64Array.from(files, (_file, i) => i + 1)];
    const made = await make(
      task(header, postApplyChecksum, { inputs, inputCount: count }),
      places(files, spooled, new MemoryReplica()),
    );
    expect(Buffer.compare(made, expected)).toBe(0);
    expect(await readdir(directory)).toHaveLength(spooled.size);
  });

  test('of more pages than are held in memory is their merge', async () => {
    const files = largeHistory(80);
    const fold = new LtxFold();
    for (const file of files) fold.add(file);
    expect(fold.sizeBytes).toBeGreaterThan(FOLDED_BYTES_MAX);
    const expected = Buffer.concat([...fold.chunks({ compress: true })]);
    const { header, postApplyChecksum } = ends(expected);
    const inputs = [Float64Array.from(files, (_file, i) => i + 1)];
    const made = await make(
      task(header, postApplyChecksum, { inputs, inputCount: files.length }),
      places(files, NONE, new MemoryReplica()),
    );
    expect(Buffer.compare(made, expected)).toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  test('that copies a file of a replica gives its bytes, also of one that is read in many pieces', async () => {
    const file = foldOf(largeHistory(40));
    expect(file.length).toBeGreaterThan(1_000_000);
    const bucket = new MemoryReplica();
    const [sizeBytes, sha256] = [file.length, sha256Hex(file)];
    await bucket.put('prod/a.db/1/x.ltx', sourceOf(file), { sizeBytes, sha256, metadata: {} });
    const place = { kind: 'replica', replica: 'bucket', key: 'prod/a.db/1/x.ltx' } as const;
    const source: FileSource = { place, sizeBytes, sha256 };
    const { header, postApplyChecksum } = ends(file);
    const copy = task(header, postApplyChecksum, { inputs: [source], inputCount: 1, isCopy: true });
    expect(Buffer.compare(await make(copy, places([], NONE, bucket)), file)).toBe(0);
  });

  test('of one transaction in the spool is what a merge of it is: its page block under the header of a merge', async () => {
    const [file] = largeHistory(1).map((each) => withWal(each));
    await writeFile(join(directory, 'spool-1'), file!);
    const expected = foldOf([file!]);
    expect(Buffer.compare(file!, expected)).not.toBe(0);
    const { header, postApplyChecksum } = ends(expected);
    const sole = task(header, postApplyChecksum, { inputs: [Float64Array.of(1)], inputCount: 1 });
    const made = await make(sole, places([file!], new Set([1]), new MemoryReplica()));
    expect(Buffer.compare(made, expected)).toBe(0);
    expect(await readdir(directory)).toEqual(['spool-1']);
  });

  test('of one file is refused and leaves nothing when the file is not what the log says', async () => {
    const [file] = largeHistory(1);
    for (const at of [HEADER_BYTES - 1, HEADER_BYTES + 50, file!.length - 1]) {
      const damaged = file!.slice();
      damaged[at]! ^= 1;
      await writeFile(join(directory, 'spool-1'), damaged);
      const { header, postApplyChecksum } = ends(file!);
      const sole = task(header, postApplyChecksum, { inputs: [Float64Array.of(1)], inputCount: 1 });
      const making = make(sole, places([file!], new Set([1]), new MemoryReplica()));
      await expect(making).rejects.toMatchObject({ code: 'ECORRUPT' });
      expect(await readdir(directory)).toEqual(['spool-1']);
    }
  });

  test('of one file is refused when it is not the one that is planned', async () => {
    const [file] = largeHistory(1);
    await writeFile(join(directory, 'spool-1'), file!);
    const { header, postApplyChecksum } = ends(file!);
    const other = { ...header, minTxid: header.minTxid + 1n, maxTxid: header.maxTxid + 1n };
    const sole = task(other, postApplyChecksum, { inputs: [Float64Array.of(1)], inputCount: 1 });
    const making = make(sole, places([file!], new Set([1]), new MemoryReplica()));
    await expect(making).rejects.toMatchObject({ code: 'ECORRUPT' });
  });

  test('is refused and leaves nothing when a transaction is not what the log says', async () => {
    const files = history(4096, 3);
    const { header, postApplyChecksum } = ends(foldOf(files));
    const inputs = [Float64Array.of(1, 2, 3)];
    const from = places(files, NONE, new MemoryReplica());
    const damaged = files[1]!.slice();
    damaged[damaged.length - 1]! ^= 1;
    const payloadBytes = (seq: number) => (seq === 2 ? damaged : files[seq - 1]!);
    const building = make(task(header, postApplyChecksum, { inputs, inputCount: 3 }), {
      ...from,
      payloadBytes,
    });
    const refusal = await building.then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(LfsbError);
    expect(refusal).toMatchObject({ code: 'ECORRUPT' });
    expect(await readdir(directory)).toEqual([]);
  });
});
