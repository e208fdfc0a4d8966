import { mkdtempSync, rmSync } from 'node:fs';
import type * as Fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FsRecorder } from './fs-recorder.ts';
import { put } from './using.ts';

let recorder = new FsRecorder();

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>();
  // Each call goes to the recorder of the test that runs.
  const entries = Object.keys(recorder.wrap(fs)).map((name) => [
    name,
    (...args: unknown[]) =>
      (recorder.wrap(fs) as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args),
  ]);
  return Object.fromEntries(entries);
});

const { DirectoryReplica } = await import('../../src/storage/directory.ts');

const KEY = 'cluster/db/1/0000000000000001-0000000000000002.ltx';
const OLD = Buffer.alloc(100_000, 'old');
const NEW = Buffer.alloc(250_000, 'new');

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lfsb-crash-'));
  recorder = new FsRecorder();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs `work` and gives, for each step, the contents that a power cut could leave under the key. */
async function cutsDuring(work: () => Promise<void>): Promise<(Buffer | null)[]> {
  const found: (Buffer | null)[] = [];
  const look = (): void => {
    for (const image of recorder.images()) found.push(image.get(join(root, KEY)) ?? null);
  };
  recorder.onStep = look;
  await work();
  recorder.onStep = () => undefined;
  return found;
}

const now = (): (Buffer | null)[] => recorder.images().map((image) => image.get(join(root, KEY)) ?? null);

const isOneOf = (found: Buffer | null, allowed: (Buffer | null)[]): boolean =>
  allowed.some((one) => (one === null || found === null ? one === found : one.equals(found)));

describe('a power cut between any two steps of the directory replica', () => {
  test.each([undefined, '*'] as const)(
    'leaves the whole object or none of a put (ifNoneMatch %s)',
    async (ifNoneMatch) => {
      const replica = await DirectoryReplica.open(root);
      const cuts = await cutsDuring(() => put(replica, KEY, NEW, { ifNoneMatch }));
      expect(cuts.length).toBeGreaterThan(2 * 10);
      expect(cuts.every((cut) => isOneOf(cut, [null, NEW]))).toBe(true);
      expect(now().every((cut) => isOneOf(cut, [NEW]))).toBe(true);
    },
  );

  test('leaves the old or the new object when one is replaced', async () => {
    const replica = await DirectoryReplica.open(root);
    await put(replica, KEY, OLD);
    const cuts = await cutsDuring(() => put(replica, KEY, NEW));
    expect(cuts.every((cut) => isOneOf(cut, [OLD, NEW]))).toBe(true);
    expect(now().every((cut) => isOneOf(cut, [NEW]))).toBe(true);
  });

  test('leaves a deleted object deleted, and what is put into pruned folders there', async () => {
    const replica = await DirectoryReplica.open(root);
    await put(replica, KEY, OLD);
    const cuts = await cutsDuring(async () => void (await replica.deleteMany([KEY])));
    expect(cuts.every((cut) => isOneOf(cut, [OLD, null]))).toBe(true);
    expect(now()).toEqual([null, null]);
    await put(replica, KEY, NEW);
    expect(now().every((cut) => isOneOf(cut, [NEW]))).toBe(true);
  });

  test('leaves all of many puts and deletions at once as they were answered', async () => {
    const replica = await DirectoryReplica.open(root);
    const keys = Array.from({ length: 12 }, (_, i) => `cluster/db${i % 3}/1/${i}`);
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        keys.map(async (key, i) => {
          if ((i + round) % 2 === 0) await put(replica, key, NEW);
          else expect(await replica.deleteMany([key])).toEqual([{ key, error: null }]);
        }),
      );
      for (const image of recorder.images()) {
        const stored = keys.filter((key) => image.get(join(root, key))?.equals(NEW));
        expect(stored).toEqual(keys.filter((_, i) => (i + round) % 2 === 0));
      }
    }
  });
});
