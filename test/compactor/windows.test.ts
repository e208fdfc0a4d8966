import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databaseHash, Windows, windowOf, windowOffset } from '../../src/compactor/plan/windows.ts';

const LEVELS = [10_000, 300_000, 3_600_000, 86_400_000];

describe('windows', () => {
  it('are shifted by the first 8 bytes of the SHA-256 of cluster/db', () => {
    const digest = createHash('sha256').update('prod/orders.db').digest('hex').slice(0, 16);
    expect(databaseHash('prod', 'orders.db')).toBe(BigInt(`0x${digest}`));
    expect(databaseHash('prod', 'orders.db').toString(16)).toBe('91d31b3dc823e05e');
  });

  it('lie within those of the next level, for every database', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 2 ** 42 }), fc.nat(100_000), (db, time, later) => {
        const hash = databaseHash('c', db);
        const of = (at: number) => LEVELS.map((each) => windowOf(at, each, windowOffset(hash, each)));
        const [here, there] = [of(time), of(time + later)];
        // Two times that share a window share those of all levels above.
        const first = here.findIndex((window, i) => window === there[i]);
        expect(here.slice(first < 0 ? LEVELS.length : first)).toEqual(
          there.slice(first < 0 ? LEVELS.length : first),
        );
      }),
    );
  });

  it('close when the next one begins, and not a millisecond before', () => {
    const windows = new Windows(0n, 10_000);
    const window = windows.of(25_000);
    expect(windows.endOf(window)).toBe(30_000);
    expect(windows.isClosed(window, 29_999)).toBe(false);
    expect(windows.isClosed(window, 30_000)).toBe(true);
  });

  it('are not waited for when only a clock that was wrong can have led there', () => {
    const windows = new Windows(0n, 10_000);
    const ahead = windows.of(10_000_000_000);
    expect(windows.isClosed(ahead, 0)).toBe(true);
    expect(windows.isClosed(windows.of(60_000), 0)).toBe(false);
  });
});
