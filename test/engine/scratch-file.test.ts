import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SnapshotInput, verifyInput } from '../../src/engine/snapshot/input.ts';
import { SCRATCH_BYTES, ScratchFile } from '../../src/engine/snapshot/scratch-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lfsb-scratch-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function made(bytes: Uint8Array, pieceBytes = 10_000): Promise<ScratchFile> {
  const scratch = new ScratchFile(join(directory, 'made'));
  for (let at = 0; at < bytes.length; at += pieceBytes) await scratch.add(bytes.slice(at, at + pieceBytes));
  await scratch.end();
  return scratch;
}

async function read(input: SnapshotInput): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input.chunks()) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks);
}

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) % 251);

describe.each([
  ['nothing', 0, false],
  ['a little', 1_000, false],
  ['just not too much for memory', SCRATCH_BYTES - 1, false],
  ['just too much for memory', SCRATCH_BYTES, true],
  ['much', 3 * SCRATCH_BYTES + 1, true],
])('a file of %s', (_, length, isOnDisk) => {
  const bytes = bytesOf(length);

  test('is read again and again as it was made, and goes when it is discarded', async () => {
    const scratch = await made(bytes);
    expect(await readdir(directory)).toEqual(isOnDisk ? ['made'] : []);
    expect(scratch.sizeBytes).toBe(length);
    expect(scratch.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    const input = await scratch.open();
    await scratch.discard();
    expect(await readdir(directory)).toEqual([]);
    await verifyInput(input);
    expect(Buffer.compare(await read(input), bytes)).toBe(0);
    await input.close();
  });

  test('is given a name, and keeps it when it is discarded', async () => {
    const scratch = await made(bytes);
    await scratch.moveTo(join(directory, 'named'));
    await scratch.discard();
    expect(await readdir(directory)).toEqual(['named']);
    expect(Buffer.compare(await readFile(join(directory, 'named')), bytes)).toBe(0);
  });
});

test('what was begun and did not end leaves nothing', async () => {
  const scratch = new ScratchFile(join(directory, 'made'));
  await scratch.add(bytesOf(SCRATCH_BYTES));
  expect(await readdir(directory)).toEqual(['made']);
  await scratch.discard();
  expect(await readdir(directory)).toEqual([]);
});
