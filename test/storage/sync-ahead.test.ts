import type { FileHandle } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SYNC_AHEAD_BYTES, SyncAhead, writeAhead } from '../../src/storage/sync-ahead.ts';

/** A file that counts what is not on disk yet. Its syncs end when they are told to. */
function fakeFile() {
  const file = { written: 0, synced: 0, unsyncedMax: 0, fail: false };
  const handle = {
    write: async ({ byteLength }: Uint8Array, at: number) => {
      file.written += byteLength - at;
      file.unsyncedMax = Math.max(file.unsyncedMax, file.written - file.synced);
      return { bytesWritten: byteLength - at };
    },
    datasync: async () => {
      const reached = file.written;
      await new Promise(setImmediate);
      if (file.fail) throw new Error('EIO');
      file.synced = reached;
    },
  };
  return { file, handle: handle as unknown as FileHandle };
}

async function* chunks(bytes: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(1024 * 1024);
  for (let at = 0; at < bytes; at += chunk.byteLength) yield chunk;
}

test('of a large file no more than two portions wait to be on disk', async () => {
  const { file, handle } = fakeFile();
  await writeAhead(handle, chunks(10 * SYNC_AHEAD_BYTES));
  expect(file.written).toBe(10 * SYNC_AHEAD_BYTES);
  expect(file.unsyncedMax).toBeLessThanOrEqual(2 * SYNC_AHEAD_BYTES);
  expect(file.synced).toBe(file.written);
});

test('a sync that fails is told to whoever writes on, or ends', async () => {
  const { file, handle } = fakeFile();
  file.fail = true;
  await expect(writeAhead(handle, chunks(10 * SYNC_AHEAD_BYTES))).rejects.toThrow('EIO');
  const ahead = new SyncAhead(handle);
  await ahead.wrote(SYNC_AHEAD_BYTES);
  await expect(ahead.settled()).rejects.toThrow('EIO');
});

test('the next piece is asked for while one is being written, and none is written twice or late', async () => {
  const buffers = [Buffer.alloc(8), Buffer.alloc(8)];
  let asked = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (asked = 1; asked <= 9; asked++) yield buffers[asked % 2]!.fill(asked);
  }
  const found: Buffer[] = [];
  const askedMeanwhile: boolean[] = [];
  const write = async (piece: Uint8Array, at: number) => {
    const before = asked;
    await new Promise(setImmediate);
    askedMeanwhile.push(asked > before);
    // A short write, as a disk may do.
    const part = Buffer.from(piece.subarray(at, at + 5));
    found.push(part);
    return { bytesWritten: part.byteLength };
  };
  await writeAhead({ write } as unknown as FileHandle, pieces());
  expect(Buffer.concat(found)).toEqual(
    Buffer.concat([1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => Buffer.alloc(8, i))),
  );
  expect(askedMeanwhile.filter(Boolean)).toHaveLength(9);
});

test('a write that fails ends it, after the source has been let go of', async () => {
  let isClosed = false;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(8);
    } finally {
      isClosed = true;
    }
  }
  const write = () => Promise.reject(new Error('ENOSPC'));
  await expect(writeAhead({ write } as unknown as FileHandle, pieces())).rejects.toThrow('ENOSPC');
  expect(isClosed).toBe(true);
});
