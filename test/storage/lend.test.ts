import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectoryReplica } from '../../src/storage/directory.ts';
import { sha256Hex, sourceOf } from '../../src/storage/index.ts';

const KEY = 'c/d/1/0000000000000001-0000000000000001.ltx';

let directory: string;
let replica: DirectoryReplica;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lfsb-lend-'));
  replica = await DirectoryReplica.open(directory);
});
afterEach(async () => {
  await replica.close();
  await rm(directory, { recursive: true });
});

async function put(bytes: Uint8Array): Promise<void> {
  const options = { sizeBytes: bytes.length, sha256: sha256Hex(bytes), metadata: {} };
  await replica.put(KEY, sourceOf(bytes), options);
}

describe('a body whose chunks are lent', () => {
  test.each([0, 1, 1000, 256 * 1024, 256 * 1024 + 1, 2_500_000])(
    'of %s bytes is what was put, and a chunk stays until the chunk after the next one is asked for',
    async (length) => {
      const bytes = randomBytes(length);
      await put(bytes);
      const parts: Uint8Array[] = [];
      const held: Uint8Array[] = [];
      for await (const chunk of await replica.get(KEY, { lend: true })) {
        held.push(chunk);
        if (held.length > 2) parts.push(new Uint8Array(held.shift()!));
      }
      parts.push(...held.map((chunk) => new Uint8Array(chunk)));
      expect(Buffer.compare(Buffer.concat(parts), bytes)).toBe(0);
    },
  );

  test('of any size goes through the same few buffers', async () => {
    await put(randomBytes(5_000_000));
    const buffers = new Set<ArrayBufferLike>();
    for await (const chunk of await replica.get(KEY, { lend: true })) buffers.add(chunk.buffer);
    expect(buffers.size).toBe(3);
  });

  test('may be a range', async () => {
    const bytes = randomBytes(1_000_000);
    await put(bytes);
    const parts: Uint8Array[] = [];
    const range = { offset: 300_001, length: 600_000 };
    for await (const chunk of await replica.get(KEY, { lend: true, range }))
      parts.push(new Uint8Array(chunk));
    expect(Buffer.compare(Buffer.concat(parts), bytes.subarray(300_001, 900_001))).toBe(0);
  });
});
