import { describe, expect, test } from 'vitest';
import { withBandwidth } from '../../src/storage/bandwidth.ts';
import { scriptedFaults } from '../../src/storage/fault-plan.ts';
import { withFaults } from '../../src/storage/faults.ts';
import { MemoryReplica } from '../../src/storage/memory.ts';
import { StorageMeter } from '../../src/storage/meter.ts';
import { withMetering } from '../../src/storage/metering.ts';
import { code, keysOf, put, read } from './using.ts';

describe('metering', () => {
  test('counts calls, bytes, objects, latencies and failures', async () => {
    let nowMs = 0;
    const meter = new StorageMeter(() => 1_000_000 + nowMs);
    const faults = scriptedFaults([null, 'slow', null, null, 'error-before', null, null]);
    const slow = withFaults(new MemoryReplica(), faults, {
      slowMs: 300,
      clock: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    });
    const replica = withMetering(slow, meter, () => nowMs);
    await put(replica, 'a', Buffer.alloc(100));
    await put(replica, 'b', Buffer.alloc(200));
    await read(replica, 'b');
    expect(await code(replica.get('missing'))).toBe('ENOTSTORED');
    nowMs = 500;
    expect(await code(replica.head('a'))).toBe('EUNAVAILABLE');
    await keysOf(replica, '');
    await replica.deleteMany(['a', 'b']);

    const { operations, lastSuccessMs, lastFailure } = meter.snapshot();
    expect(operations.put).toMatchObject({ successes: 2, failures: 0, bytes: 300, latencyMsSum: 300 });
    expect(operations.put.latencyMsMax).toBe(300);
    expect(operations.put.latencyCounts).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect(operations.get).toMatchObject({ successes: 2, failures: 0, bytes: 200 });
    expect(operations.head).toMatchObject({ failures: 1, failuresByCode: { EUNAVAILABLE: 1 } });
    expect(operations.list).toMatchObject({ successes: 1, items: 2 });
    expect(operations.delete).toMatchObject({ successes: 1, items: 2 });
    expect(lastSuccessMs).toBe(1_000_500);
    expect(lastFailure).toMatchObject({ atMs: 1_000_500, operation: 'head', code: 'EUNAVAILABLE' });
  });
});

describe('limited bandwidth', () => {
  test('takes the time that the bytes of all calls need, in small waits', async () => {
    let nowMs = 0;
    const waits: number[] = [];
    const time = {
      clock: () => nowMs,
      sleep: async (ms: number) => {
        waits.push(ms);
        nowMs += ms;
      },
    };
    const limits = { uploadBytesPerSecond: 1_000, downloadBytesPerSecond: 10_000 };
    const replica = withBandwidth(new MemoryReplica(), limits, time);
    await put(replica, 'a', Buffer.alloc(3_000));
    await put(replica, 'b', Buffer.alloc(2_250));
    expect(nowMs).toBeCloseTo(5_000, 3);
    expect(Math.max(...waits)).toBeLessThanOrEqual(250);
    nowMs = 0;
    await read(withBandwidth(replica, {}, time), 'a');
    expect(nowMs).toBeLessThanOrEqual(300);
    expect(() => withBandwidth(replica, { uploadBytesPerSecond: 0 })).toThrow(RangeError);
  });
});
