import { describe, expect, test } from 'vitest';
import { type Fault, scriptedFaults } from '../../src/storage/fault-plan.ts';
import { withFaults } from '../../src/storage/faults.ts';
import { MemoryReplica } from '../../src/storage/memory.ts';
import type { Replica } from '../../src/storage/replica.ts';
import { type RetryOptions, withRetries } from '../../src/storage/retry.ts';
import { code, keysOf, put, read } from './using.ts';

const bytes = Buffer.alloc(200_000, 'some bytes ');

function failing(
  faults: (Fault | null)[],
  options: RetryOptions = {},
): { replica: Replica; slept: number[] } {
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
  };
  const inner = withFaults(new MemoryReplica(), scriptedFaults(faults));
  return { replica: withRetries(inner, { sleep, random: () => 0.5, ...options }), slept };
}

describe('retries', () => {
  test('try again until it works, waiting longer each time', async () => {
    const { replica, slept } = failing(['error-before', 'partial', 'error-after', null]);
    await put(replica, 'a', bytes);
    expect(await read(replica, 'a')).toEqual(bytes);
    expect(slept).toEqual([50, 100, 200]);
  });

  test('end with the last error when the tries are used up', async () => {
    const { replica, slept } = failing(Array<Fault>(20).fill('error-before'));
    expect(await code(replica.head('a'))).toBe('EUNAVAILABLE');
    expect(slept).toEqual([50, 100, 200, 400, 800]);
  });

  test('end when the next try would begin after the budget', async () => {
    const limits = { attemptsMax: 100, budgetMs: 1_000, delayMinMs: 100, delayMaxMs: 10_000 };
    let nowMs = 0;
    const sleep = async (ms: number): Promise<void> => {
      nowMs += ms;
    };
    const { replica } = failing(Array<Fault>(20).fill('error-before'), { limits, sleep, clock: () => nowMs });
    expect(await code(replica.head('a'))).toBe('EUNAVAILABLE');
    expect(nowMs).toBe(50 + 100 + 200 + 400);
  });

  test('do not try what cannot help', async () => {
    const { replica, slept } = failing([]);
    expect(await code(replica.get('missing'))).toBe('ENOTSTORED');
    expect(await code(replica.get('no key'))).toBe('EINVALID');
    expect(slept).toEqual([]);
  });

  test('end when the signal is aborted during a wait', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const inner = withFaults(new MemoryReplica(), scriptedFaults(['error-before']));
    const limits = { attemptsMax: 5, budgetMs: 60_000, delayMinMs: 30_000, delayMaxMs: 30_000 };
    const replica = withRetries(inner, { limits, random: () => 1, onRetry: () => controller.abort(reason) });
    await expect(replica.head('a', { signal: controller.signal })).rejects.toBe(reason);
  });

  test('take a conditional put that was stored although it failed for a success', async () => {
    const { replica } = failing(['error-after']);
    await put(replica, 'a', bytes, { ifNoneMatch: '*' });
    expect(await read(replica, 'a')).toEqual(bytes);
  });

  test('leave a conflict with the bytes of somebody else a conflict', async () => {
    const { replica } = failing([null, 'error-before']);
    await put(replica, 'a', Buffer.from('theirs'));
    expect(await code(put(replica, 'a', Buffer.from('mine!!'), { ifNoneMatch: '*' }))).toBe('ECONFLICT');
    expect(await code(put(replica, 'a', Buffer.from('mine'), { ifNoneMatch: '*' }))).toBe('ECONFLICT');
  });

  test('read on where a body broke off, within the range asked for', async () => {
    const { replica } = failing([null, 'partial', 'error-before', 'partial', null]);
    await put(replica, 'a', bytes);
    const body = await replica.get('a', { range: { offset: 7, length: 150_000 } });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.compare(Buffer.concat(chunks), bytes.subarray(7, 150_007))).toBe(0);
  });

  test('list on where a listing broke off', async () => {
    const { replica } = failing([null, null, null, 'partial', 'error-before', 'partial', null]);
    for (const key of ['a', 'b', 'c']) await put(replica, key, bytes);
    expect(await keysOf(replica, '')).toEqual(['a', 'b', 'c']);
  });

  test('delete again only what was not deleted', async () => {
    const { replica, slept } = failing([null, 'error-after', 'error-before']);
    await put(replica, 'a', bytes);
    expect(await replica.deleteMany(['a', 'b'])).toEqual([
      { key: 'a', error: null, retried: true },
      { key: 'b', error: null, retried: true },
    ]);
    expect(slept).toHaveLength(2);
    expect(await replica.deleteMany(['a'])).toEqual([{ key: 'a', error: null }]);
  });

  test('hand on the outcome of deletions that never work', async () => {
    const { replica } = failing(Array<Fault>(20).fill('error-before'));
    const [outcome] = await replica.deleteMany(['a']);
    expect(outcome).toMatchObject({ key: 'a', error: { code: 'EUNAVAILABLE' } });
  });
});
