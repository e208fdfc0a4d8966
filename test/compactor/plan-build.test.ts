import { describe, expect, it } from 'vitest';
import type { StoredFile } from '../../src/compactor/types.ts';
import { EMPTY_CHECKSUM } from '../../src/ltx/index.ts';
import {
  catalogue,
  DAY,
  file,
  HOUR,
  inputsOf,
  MINUTE,
  planned,
  SECOND,
  short,
  stateAfter,
  T0,
  transactions,
} from './support/files.ts';

const builds = (plan: ReturnType<typeof planned>) => short(plan).filter((each) => each.startsWith('build'));

describe('level 1', () => {
  it('is built of the transactions of a window once that is closed', () => {
    const local = transactions(1, [T0 + 1_000, T0 + 2_000, T0 + 11_000]);
    expect(short(planned(catalogue(local), T0 + 9_999))).toEqual([]);
    expect(short(planned(catalogue(local), T0 + 10_000))).toEqual(['build bucket 1/1-2']);
  });

  it('begins the next file with transactions that came after the file of their window was built', () => {
    const bucket = [file(1, 1, 2, T0 + 2_000)];
    const late = file(0, 3, 3, T0 + 9_000, { receivedAt: T0 + 10_500 });
    const local = [...transactions(1, [T0 + 1_000, T0 + 2_000]), late, file(0, 4, 4, T0 + 12_000)];
    expect(short(planned(catalogue(local, { bucket }), T0 + 19_000))).toEqual([]);
    expect(short(planned(catalogue(local, { bucket }), T0 + 20_000))).toEqual(['build bucket 1/3-4']);
  });

  it('waits with late transactions alone for the window they were received in', () => {
    const bucket = [file(1, 1, 1, T0 + 2_000)];
    const late = file(0, 2, 2, T0 + 9_000, { receivedAt: T0 + 61_000 });
    const local = [file(0, 1, 1, T0 + 2_000), late];
    expect(short(planned(catalogue(local, { bucket }), T0 + 69_000))).toEqual([]);
    expect(short(planned(catalogue(local, { bucket }), T0 + 70_000))).toEqual(['build bucket 1/2-2']);
  });

  it('is one file a window of old timestamps that come late, and passes over none of them', () => {
    const now = T0 + 4 * DAY;
    const old = [0, 5, 20].map((s, i) =>
      file(0, 2 + i, 2 + i, T0 + s * SECOND, { receivedAt: now - SECOND }),
    );
    const bucket = [file(1, 1, 1, T0 - HOUR), file(9, 1, 1, T0 - HOUR)];
    expect(builds(planned(catalogue(old, { bucket }), now)).slice(0, 2)).toEqual([
      'build bucket 1/2-3',
      'build bucket 1/4-4',
    ]);
  });

  it('ends where the page size changes, and goes on with the database that is created there', () => {
    const deleted = file(0, 3, 3, T0 + 3_000, { commit: 0, postApplyChecksum: EMPTY_CHECKSUM });
    const created = file(0, 4, 4, T0 + 4_000, { preApplyChecksum: EMPTY_CHECKSUM, pageSize: 8192 });
    const local = [...transactions(1, [T0 + 1_000, T0 + 2_000]), deleted, created];
    const plan = planned(catalogue(local), T0 + 10_000);
    expect(short(plan)).toEqual(['build bucket 1/1-3', 'build bucket 1/4-4']);
    expect(plan.gaps).toEqual([]);
  });

  it('merges across a deletion where the page size stays', () => {
    const deleted = file(0, 2, 2, T0 + 3_000, { commit: 0, postApplyChecksum: EMPTY_CHECKSUM });
    const created = file(0, 3, 3, T0 + 4_000, { preApplyChecksum: EMPTY_CHECKSUM });
    const local = [file(0, 1, 1, T0), deleted, created];
    expect(short(planned(catalogue(local), T0 + 10_000))).toEqual(['build bucket 1/1-3']);
  });

  it('never crosses a re-base: the chain before it ends, and the snapshot begins another', () => {
    const rebased = file(0, 1, 9, T0 + 3_000, { preApplyChecksum: 0n, postApplyChecksum: stateAfter(9n, 1) });
    const after = file(0, 10, 10, T0 + 4_000, { preApplyChecksum: stateAfter(9n, 1) });
    const plan = planned(catalogue([...transactions(1, [T0, T0 + 1_000]), rebased, after]), T0 + 10_000);
    expect(short(plan)).toEqual(['build bucket 1/1-2', 'build bucket 1/1-10']);
    expect(plan.gaps).toEqual([]);
  });
});

describe('higher levels', () => {
  const level1 = (from: number, count: number): StoredFile[] =>
    Array.from({ length: count }, (_, i) => file(1, from + i, from + i, T0 + i * 10_000));

  it('wait for the windows below, and are built from the files of the level below', () => {
    const local = transactions(1, [T0, T0 + 290_000]);
    const open = catalogue(local, { bucket: [file(1, 1, 1, T0)] });
    expect(short(planned(open, T0 + 300_000))).toEqual(['build bucket 1/2-2']);
    const whole = catalogue(local, { bucket: [file(1, 1, 1, T0), file(1, 2, 2, T0 + 290_000)] });
    const plan = planned(whole, T0 + 300_000);
    expect(short(plan)).toEqual(['build bucket 2/1-2']);
    expect(inputsOf(plan, 'build bucket 2/1-2')).toEqual(['bucket 1/1-1', 'bucket 1/2-2']);
  });

  it('take what a level was passed over for from level 0', () => {
    const now = T0 + 5 * HOUR;
    const local = transactions(1, [T0, T0 + 20_000, T0 + 310_000, now - 30_000]);
    const plan = planned(catalogue(local), now);
    expect(builds(plan).slice(0, 2)).toEqual(['build bucket 2/1-2', 'build bucket 2/3-3']);
    expect(inputsOf(plan, 'build bucket 2/1-2')).toEqual(['local 0/1-1', 'local 0/2-2']);
    expect(short(plan)).toContain('build bucket 1/4-4');
  });

  it('yield nothing for an idle database once its last windows are built', () => {
    const bucket = [
      ...level1(1, 2),
      file(2, 1, 2, T0 + 10_000),
      file(3, 1, 2, T0 + 10_000),
      file(9, 1, 2, T0 + 10_000),
    ];
    expect(builds(planned(catalogue([], { bucket }), T0 + 40 * DAY))).toEqual([]);
  });
});

describe('snapshots', () => {
  it('are built from the previous one and the longest files after it', () => {
    const bucket = [
      file(9, 1, 10, T0 - HOUR, { preApplyChecksum: 0n }),
      file(3, 11, 20, T0 + HOUR - 1),
      file(2, 11, 15, T0 + MINUTE),
      file(3, 21, 30, T0 + 2 * HOUR - 1),
    ];
    const plan = planned(catalogue([], { bucket }), T0 + DAY);
    expect(builds(plan)).toEqual(['build bucket 9/1-30']);
    expect(inputsOf(plan, 'build bucket 9/1-30')).toEqual([
      'bucket 9/1-10',
      'bucket 3/11-20',
      'bucket 3/21-30',
    ]);
  });

  it('may begin at the first file after a deletion, and are then from TXID 1 on', () => {
    const bucket = [
      file(9, 1, 10, T0 - HOUR, { preApplyChecksum: 0n, commit: 0, postApplyChecksum: EMPTY_CHECKSUM }),
      file(3, 11, 20, T0 + HOUR - 1, { preApplyChecksum: EMPTY_CHECKSUM, pageSize: 8192 }),
    ];
    const plan = planned(catalogue([], { bucket }), T0 + DAY);
    expect(inputsOf(plan, 'build bucket 9/1-20')).toEqual(['bucket 3/11-20']);
    expect(plan.actions[0]).toMatchObject({
      asSnapshot: true,
      output: { preApplyChecksum: 0n, pageSize: 8192 },
    });
  });

  it('are built of the newest window however old it is', () => {
    const plan = planned(catalogue(transactions(1, [T0, T0 + DAY])), T0 + 100 * DAY);
    expect(builds(plan)).toEqual(['build bucket 9/1-2']);
  });
});
