import { describe, expect, it } from 'vitest';
import {
  catalogue,
  file,
  HOUR,
  inputsOf,
  MINUTE,
  planned,
  replica,
  short,
  T0,
  transactions,
} from './support/files.ts';

describe('gaps', () => {
  it('are reported, and nothing is built beyond them', () => {
    const local = transactions(5, [T0 + 20_000]);
    const plan = planned(catalogue(local, { bucket: [file(1, 1, 2, T0)] }), T0 + MINUTE);
    expect(plan.gaps).toMatchObject([{ replica: 'bucket', after: 2n, before: 5n }]);
    expect(short(plan)).toEqual([]);
  });

  it('between the files of a replica are reported as well', () => {
    const bucket = [file(1, 1, 2, T0), file(1, 5, 6, T0 + 20_000)];
    const plan = planned(catalogue([], { bucket }), T0 + MINUTE);
    expect(plan.gaps).toMatchObject([{ replica: 'bucket', after: 2n, before: 5n }]);
  });

  it('are none where a longer file leads to a promised point, and its own level no more', () => {
    // Level 1 has lost 1 to its retention; 2 is promised still, and in what level 2 made of both.
    const bucket = [file(1, 2, 2, T0 + 10_000), file(2, 1, 2, T0 + 10_000)];
    const plan = planned(catalogue([], { bucket }), T0 + 10 * MINUTE);
    expect(plan.gaps).toEqual([]);
    expect(short(plan)).toEqual([]);
  });

  it('are filled from another replica that has what is missing', () => {
    const other = [file(1, 1, 2, T0), file(1, 3, 4, T0 + 10_000)];
    const plan = planned(
      catalogue(transactions(5, [T0 + 20_000]), { bucket: other, nas: [file(1, 1, 2, T0)] }),
      T0 + 25_000,
    );
    expect(inputsOf(plan, 'build nas 1/3-4')).toEqual(['bucket 1/3-4']);
  });
});

describe('beyond a gap that nobody fills', () => {
  const whole = (txid: number, time: number) => file(0, 1, txid, time);
  const local = [...transactions(5, [T0 + 20_000]), whole(6, T0 + 40_000), ...transactions(7, [T0 + 60_000])];

  it('a whole database is where a replica goes on', () => {
    const behind = planned(catalogue(local, { bucket: [file(1, 1, 2, T0)] }), T0 + 2 * MINUTE);
    expect(short(behind)).toEqual(['build bucket 1/1-6', 'build bucket 1/7-7']);
    const empty = planned(catalogue(local, { bucket: [] }), T0 + 2 * MINUTE);
    expect(short(empty)).toEqual(['build bucket 1/1-6', 'build bucket 1/7-7']);
  });

  it('but not while another replica has what is missing', () => {
    const others = { bucket: [], nas: [file(1, 1, 4, T0), file(1, 5, 5, T0 + 20_000)] };
    expect(short(planned(catalogue(local, others), T0 + 2 * MINUTE))).toContain('build bucket 1/1-4');
  });
});

describe('several replicas', () => {
  const local = transactions(1, [T0, T0 + 10_000]);

  it('that fail delay nobody else, and say why nothing is done', () => {
    const replicas = [replica('bucket', { backoffUntil: T0 + HOUR }), replica('nas')];
    const plan = planned(catalogue(local, { bucket: [], nas: [] }), T0 + 20_000, { replicas });
    expect(short(plan)).toEqual(['build nas 1/1-1', 'build nas 1/2-2', 'nothing bucket']);
  });

  it('wait for the deletion of an earlier database of the name', () => {
    const databases = [{ catalogue: catalogue(local), held: new Set(['bucket']) }];
    expect(short(planned(catalogue(local), T0 + 20_000, { databases }))).toEqual(['nothing bucket']);
  });

  it('are served the longest waiting first', () => {
    const later = { ...catalogue(transactions(1, [T0 + 5_000])), db: 'later.db' };
    const databases = [{ catalogue: later }, { catalogue: catalogue(local) }];
    const { actions } = planned(later, T0 + MINUTE, { databases });
    expect(actions.map(({ db }) => db)).toEqual(['orders.db', 'later.db', 'orders.db']);
  });
});
