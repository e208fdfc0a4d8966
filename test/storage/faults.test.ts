import { describe, expect, test } from 'vitest';
import { randomFaults, scriptedFaults } from '../../src/storage/fault-plan.ts';
import { withFaults } from '../../src/storage/faults.ts';
import { MemoryReplica } from '../../src/storage/memory.ts';
import { Random } from '../support/random.ts';
import { code, keysOf, put } from './using.ts';

const bytes = Buffer.from('some bytes');

describe('injected faults', () => {
  test('happen before or after the effect', async () => {
    const inner = new MemoryReplica();
    const replica = withFaults(inner, scriptedFaults(['error-before', 'partial', 'error-after']));
    expect(await code(put(replica, 'a', bytes))).toBe('EUNAVAILABLE');
    expect(await code(put(replica, 'a', bytes))).toBe('EUNAVAILABLE');
    expect(await inner.head('a')).toBeNull();
    expect(await code(put(replica, 'a', bytes))).toBe('EUNAVAILABLE');
    expect(await inner.head('a')).not.toBeNull();
  });

  test('make a listing stale for a while', async () => {
    let nowMs = 0;
    const plan = scriptedFaults([null, null, null, 'stale', 'stale']);
    const replica = withFaults(new MemoryReplica(), plan, { staleMs: 5_000, clock: () => nowMs });
    await put(replica, 'old', bytes);
    nowMs = 10_000;
    await put(replica, 'new', bytes);
    await replica.deleteMany(['old']);
    expect(await keysOf(replica, '')).toEqual(['old']);
    nowMs = 16_000;
    expect(await keysOf(replica, '')).toEqual(['new']);
  });

  test('let a deletion come late, and take what is there by then', async () => {
    let nowMs = 0;
    const plan = scriptedFaults([null, 'late']);
    const replica = withFaults(new MemoryReplica(), plan, { lateMs: 60_000, clock: () => nowMs });
    await put(replica, 'a', bytes);
    expect(await replica.deleteMany(['a'])).toMatchObject([{ error: { code: 'EUNAVAILABLE' } }]);
    nowMs = 59_000;
    await put(replica, 'a', Buffer.from('created again'));
    expect(await replica.head('a')).toMatchObject({ sizeBytes: 13 });
    nowMs = 60_000;
    expect(await replica.head('a')).toBeNull();
  });

  test('are the same for the same seed', () => {
    const faultsOf = (seed: number): unknown[] => {
      const random = new Random(seed);
      const plan = randomFaults(() => random.next(), 0.5);
      return Array.from({ length: 50 }, () => plan.next('put', 'a'));
    };
    expect(faultsOf(1)).toEqual(faultsOf(1));
    expect(faultsOf(1)).not.toEqual(faultsOf(2));
  });
});
