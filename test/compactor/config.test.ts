import { describe, expect, it } from 'vitest';
import { monitoringLine, parseCompaction } from '../../src/compactor/plan/config.ts';
import { formatDuration, parseDuration } from '../../src/compactor/plan/durations.ts';
import { LfsbError } from '../../src/errors/index.ts';

function refusal(levels?: string, snapshot?: string): string {
  try {
    parseCompaction(levels, snapshot);
  } catch (error) {
    if (error instanceof LfsbError && error.code === 'ECONFIG') return error.message;
    throw error;
  }
  return 'none';
}

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['1d2h3m4s', 93_784_000],
  ])('%s is %i ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '5', '5 m', '5m junk', '1.5h', '30m1h', '-5m', '0s', '5M', '1w', '5ms', ' 5m'])(
    '"%s" is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('are written as start-up lines have them', () => {
    expect([10_000, 300_000, 3_600_000, 2_592_000_000].map(formatDuration)).toEqual([
      '10s',
      '5m0s',
      '1h0m0s',
      '720h0m0s',
    ]);
  });
});

describe('levels', () => {
  it('are those of the defaults when nothing is set', () => {
    expect(parseCompaction().levels.map(monitoringLine)).toEqual([
      'monitoring compaction level=1 interval=10s retention=1h0m0s',
      'monitoring compaction level=2 interval=5m0s retention=72h0m0s',
      'monitoring compaction level=3 interval=1h0m0s retention=720h0m0s',
      'monitoring compaction level=9 interval=24h0m0s retention=720h0m0s',
    ]);
  });

  it('may be fewer, from level 1 on', () => {
    expect(parseCompaction('1:1m:48h', '24h:720h').levels.map(({ level }) => level)).toEqual([1, 9]);
  });

  it.each([
    ['1:10s:1h,2:5m:72h,3:1h:720h,4:2h:720h', undefined, 'LFSB_LEVELS', '"4:2h:720h"'],
    ['1:10s', undefined, 'LFSB_LEVELS', '"" is not a duration'],
    ['1:10s:1h:2h,2:5m:72h', undefined, 'LFSB_LEVELS', '"1:10s:1h:2h"'],
    ['1:10s:1 hour', undefined, 'LFSB_LEVELS', '"1 hour" is not a duration'],
    ['2:5m:72h', undefined, 'LFSB_LEVELS', 'the first level is not 1'],
    ['1:10s:1h,3:5m:72h,2:1h:720h', undefined, 'LFSB_LEVELS', 'the levels do not rise'],
    ['', undefined, 'LFSB_LEVELS', '"" is not a level'],
    ['1:7s:1h,2:5m:72h,3:1h:720h', undefined, 'LFSB_LEVELS', '7s, does not divide that of level 2, 5m0s'],
    ['1:5m:1h,2:5m:72h', undefined, 'LFSB_LEVELS', 'does not divide'],
    ['1:10s:9m,2:5m:72h,3:1h:720h', undefined, 'LFSB_LEVELS', 'less than two intervals of level 2, 10m0s'],
    ['1:10s:1h,2:5m:72h,3:1h:47h', undefined, 'LFSB_LEVELS', 'less than two intervals of level 9, 48h0m0s'],
    [undefined, '90m:720h', 'LFSB_SNAPSHOT', 'does not divide'],
    [undefined, '24h', 'LFSB_SNAPSHOT', 'not a duration'],
    [undefined, '24h:720h:1h', 'LFSB_SNAPSHOT', 'not an interval and a retention'],
    ['1:10s:999999d', undefined, 'LFSB_LEVELS', 'not a duration'],
  ])('%s with snapshots %s are refused, naming %s', (levels, snapshot, name, why) => {
    expect(refusal(levels, snapshot)).toContain(`${name}=`);
    expect(refusal(levels, snapshot)).toContain(why);
  });
});
