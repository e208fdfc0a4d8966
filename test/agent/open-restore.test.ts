import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRestore, type ProbedPoint, probeRestore } from '../../src/agent/restore/open-restore.ts';
import type { PointQuery } from '../../src/engine/restore/points.ts';
import { DATABASE_INPUTS_MAX, EMPTY_CHECKSUM } from '../../src/ltx/index.ts';
import type { Replica } from '../../src/storage/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ReplicaFolder } from './replica-folder.ts';

interface Options {
  readonly inPlace?: boolean;
  readonly replica?: Replica;
  readonly probed?: ProbedPoint;
}

async function restored(folder: ReplicaFolder, query: PointQuery | null, options: Options = {}) {
  const replica = options.replica ?? (await folder.open());
  const opened = await openRestore({
    replica,
    query,
    probed: options.probed,
    folder: (options.inPlace ?? true) ? folder.path : null,
    scratchDirectory: tempDir(),
    parallelism: 3,
    onTotal: () => {},
    onBytes: () => {},
  });
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.chunks) chunks.push(Uint8Array.from(chunk));
    return { ...opened, bytes: Buffer.concat(chunks) };
  } finally {
    await opened.close();
  }
}

/** A model of `count` transactions, and its bytes after each. */
function history(count: number, seed = 3): { model: ModelDatabase; states: Buffer[] } {
  const model = new ModelDatabase({ seed });
  const states = [Buffer.alloc(0)];
  for (let i = 0; i < count; i++) {
    model.mutate();
    states.push(Buffer.from(model.bytes()));
  }
  return { model, states };
}

const at = (model: ModelDatabase, txid: number): number => Number(model.transactions[txid - 1]!.timestampMs);

describe.each([{ inPlace: true }, { inPlace: false }])(
  'a restore from a replica alone, $inPlace',
  (options) => {
    test('gives every point there is, by TXID, by time, and the newest', async () => {
      const folder = new ReplicaFolder(tempDir());
      const { model, states } = history(40);
      await folder.put(9, model, 1, 12);
      for (let txid = 1; txid <= 40; txid += 1) await folder.put(1, model, txid, txid);
      await folder.put(2, model, 13, 20);
      await folder.put(2, model, 21, 30);
      for (const txid of [1, 7, 12, 13, 20, 33, 40]) {
        const byTxid = await restored(folder, { txid: BigInt(txid) }, options);
        expect(byTxid.bytes.equals(states[txid]!), `txid ${txid}`).toBe(true);
        expect(byTxid.pos).toEqual(model.transactions[txid - 1]!.pos);
        const byTime = await restored(folder, { timestamp: at(model, txid) + 999 }, options);
        expect(byTime.pos.txid).toBe(BigInt(txid));
      }
      const newest = await restored(folder, null, options);
      expect(newest.bytes.equals(states[40]!)).toBe(true);
      expect(newest.files).toBe(1 + 2 + 10);
    });

    test('merges a chain of any length, a few files at a time', async () => {
      const folder = new ReplicaFolder(tempDir());
      const { model, states } = history(300);
      for (let txid = 1; txid <= 300; txid += 1) await folder.put(1, model, txid, txid);
      for (const length of [DATABASE_INPUTS_MAX, DATABASE_INPUTS_MAX + 1, 300]) {
        const { bytes, files } = await restored(folder, { txid: BigInt(length) }, options);
        expect(files).toBe(length);
        expect(bytes.equals(states[length]!), `${length} files`).toBe(true);
      }
    });

    test('goes on over a deletion with another page size', async () => {
      const folder = new ReplicaFolder(tempDir());
      const { model } = history(3);
      model.drop();
      model.commit({ pageSize: 8192, commit: 5 });
      model.mutate();
      for (let txid = 1; txid <= 6; txid += 1) await folder.put(1, model, txid, txid);
      const { bytes, pageSize, files } = await restored(folder, null, options);
      expect([pageSize, files]).toEqual([8192, 2]);
      expect(bytes.equals(model.bytes())).toBe(true);
      await expect(restored(folder, { txid: 4n }, options)).rejects.toMatchObject({ code: 'ENODB' });
    });

    test('refuses what is damaged', async () => {
      const folder = new ReplicaFolder(tempDir());
      const { model } = history(5);
      for (let txid = 1; txid <= 5; txid += 1) await folder.put(1, model, txid, txid);
      const key = `1/${folder.files(1)[2]}`;
      const bytes = readFileSync(join(folder.path, key));
      bytes[200]! ^= 1;
      folder.write(key, bytes);
      await expect(restored(folder, null, options)).rejects.toMatchObject({ name: 'LtxError' });
      expect((await restored(folder, { txid: 2n }, options)).pos.txid).toBe(2n);
    });
  },
);

test('what is no restore point is refused, with the nearest ones', async () => {
  const folder = new ReplicaFolder(tempDir());
  const { model } = history(9);
  await folder.put(1, model, 1, 3);
  await folder.put(1, model, 4, 9);
  const nearest = { before: { txID: '0000000000000003' }, after: { txID: '0000000000000009' } };
  await expect(restored(folder, { txid: 5n })).rejects.toMatchObject({
    code: 'ENOTXID',
    fields: { nearest },
  });
  const early = restored(folder, { timestamp: at(model, 3) - 1 });
  await expect(early).rejects.toMatchObject({ code: 'ENOTIMESTAMP', fields: { nearest: { before: null } } });
  await expect(restored(folder, { txid: 10n })).rejects.toMatchObject({
    fields: { nearest: { after: null } },
  });
});

test("an empty folder, or another tool's, holds no database", async () => {
  const folder = new ReplicaFolder(tempDir());
  await expect(restored(folder, null)).rejects.toMatchObject({ code: 'ENODB' });
  folder.write('generations/b16ddcf5c697540f/wal/00000000.wal.lz4', Buffer.from('x'));
  folder.write('1/readme.txt', Buffer.from('x'));
  folder.write('1/0000000000000000-0000000000000003.ltx', Buffer.from('x'));
  await expect(restored(folder, null)).rejects.toMatchObject({ code: 'ENODB' });
});

test('a file that no whole database leads to is no point', async () => {
  const folder = new ReplicaFolder(tempDir());
  const { model, states } = history(8);
  await folder.put(9, model, 1, 3);
  await folder.put(1, model, 5, 8);
  const { pos, bytes } = await restored(folder, null);
  expect(pos.txid).toBe(3n);
  expect(bytes.equals(states[3]!)).toBe(true);
});

test('a full snapshot over a broken chain is where a restore begins', async () => {
  const folder = new ReplicaFolder(tempDir());
  const { model } = history(4);
  const { model: other } = history(9, 77);
  for (let txid = 1; txid <= 4; txid += 1) await folder.put(1, model, txid, txid);
  await folder.put(1, other, 1, 8);
  await folder.put(1, other, 9, 9);
  expect((await restored(folder, null)).bytes.equals(other.bytes())).toBe(true);
  expect((await restored(folder, { txid: 4n })).bytes.equals(model.bytes())).toBe(true);
});

test('names that tell a wrong story are set right by what files say of themselves', async () => {
  const folder = new ReplicaFolder(tempDir());
  const { model } = history(4);
  const { model: other } = history(4, 77);
  for (let txid = 1; txid <= 4; txid += 1) await folder.put(1, model, txid, txid);
  // Continues nothing that is here, and by its name is the better way.
  await folder.put(2, other, 3, 4);
  const { bytes, pos } = await restored(folder, null);
  expect(pos.checksum).toBe(model.pos.checksum);
  expect(pos.checksum).not.toBe(EMPTY_CHECKSUM);
  expect(bytes.equals(model.bytes())).toBe(true);
});

test('a file that is merged into another while the restore begins is no failure', async () => {
  const folder = new ReplicaFolder(tempDir());
  const { model, states } = history(6);
  const keys: string[] = [];
  for (let txid = 1; txid <= 6; txid += 1) keys.push(await folder.put(1, model, txid, txid));
  const replica = await folder.open();
  const head = replica.head.bind(replica);
  let asked = 0;
  replica.head = async (key, options) => {
    if (asked++ === 2) {
      await folder.put(9, model, 1, 6);
      for (const gone of keys.slice(0, 5)) folder.remove(gone);
    }
    return head(key, options);
  };
  const { bytes } = await restored(folder, null, { replica });
  expect(bytes.equals(states[6]!)).toBe(true);
});

describe('a point that was found', () => {
  const found = async () => {
    const folder = new ReplicaFolder(tempDir());
    const { model, states } = history(6);
    const keys: string[] = [];
    for (let txid = 1; txid <= 6; txid += 1) keys.push(await folder.put(1, model, txid, txid));
    const replica = await folder.open();
    const probed = await probeRestore({ replica, query: null });
    return { folder, model, states, keys, replica, probed };
  };

  test('is restored without another look at the replica, though there is a newer one now', async () => {
    const { folder, model, states, replica, probed } = await found();
    model.mutate();
    await folder.put(1, model, 7, 7);
    replica.head = () => Promise.reject(new Error('asked again'));
    const { bytes, pos } = await restored(folder, null, { replica, probed });
    expect(pos).toEqual(probed.pos);
    expect(bytes.equals(states[6]!)).toBe(true);
  });

  test('is looked for again where its files went meanwhile', async () => {
    const { folder, model, states, keys, replica, probed } = await found();
    await folder.put(9, model, 1, 6);
    for (const gone of keys) folder.remove(gone);
    expect((await restored(folder, null, { replica, probed })).bytes.equals(states[6]!)).toBe(true);
  });
});
