import { describe, expect, it } from 'vitest';
import { highWaterMark } from '../../src/compactor/plan/high-water-mark.ts';
import { listPoints, planRestore, type RestorePlan } from '../../src/compactor/plan/index.ts';
import { EMPTY_CHECKSUM } from '../../src/ltx/index.ts';
import { catalogue, file, replica, stateAfter, T0, transactions } from './support/files.ts';

const bucket = [
  file(9, 1, 10, T0),
  file(1, 11, 12, T0 + 10_000),
  file(1, 13, 14, T0 + 20_000),
  file(2, 11, 14, T0 + 20_000),
  file(1, 15, 18, T0 + 30_000),
];
const local = transactions(15, [T0 + 25_000, T0 + 26_000, T0 + 28_000, T0 + 30_000, T0 + 31_000]);
const database = catalogue(local, { bucket });

function read(plan: RestorePlan): string {
  if (plan.kind === 'none') return `none ${plan.before?.txid ?? ''}..${plan.after?.txid ?? ''}`;
  const files = plan.files.map(({ file: { level, minTxid, maxTxid } }) => `${level}/${minTxid}-${maxTxid}`);
  return `${plan.replica} ${files.join(' ')}`;
}

describe('a restore', () => {
  it('reads the newest snapshot and then the longest files', () => {
    expect(read(planRestore(database, 'newest'))).toBe('bucket 9/1-10 2/11-14 1/15-18 0/19-19');
    expect(read(planRestore(database, { txid: 14n }))).toBe('bucket 9/1-10 2/11-14');
    expect(read(planRestore(database, { txid: 12n }))).toBe('bucket 9/1-10 1/11-12');
    expect(read(planRestore(database, { txid: 17n }))).toBe('bucket 9/1-10 2/11-14 0/15-15 0/16-16 0/17-17');
  });

  it('of a TXID within a file is refused, with the nearest points named', () => {
    expect(read(planRestore(database, { txid: 13n }))).toBe('none 12..14');
    expect(read(planRestore(database, { txid: 9n }))).toBe('none ..10');
    expect(read(planRestore(database, { txid: 99n }))).toBe('none 19..');
  });

  it('by timestamp is of the last point that is not after it, to the millisecond', () => {
    const at = (timestamp: number) => read(planRestore(database, { timestamp }));
    expect(at(T0 + 20_000)).toBe('bucket 9/1-10 2/11-14');
    expect(at(T0 + 19_999)).toBe('bucket 9/1-10 1/11-12');
    expect(at(T0 - 1)).toBe('none ..10');
  });

  it('of an empty catalogue is refused', () => {
    expect(read(planRestore(catalogue([]), 'newest'))).toBe('none ..');
  });

  it('may begin after a deletion, in another page size, and never crosses it', () => {
    const deletion = file(1, 11, 11, T0 + 1, { commit: 0, postApplyChecksum: EMPTY_CHECKSUM });
    const created = file(1, 12, 15, T0 + 2, { preApplyChecksum: EMPTY_CHECKSUM, pageSize: 8192 });
    const of = catalogue([], { bucket: [file(9, 1, 10, T0), deletion, created] });
    expect(read(planRestore(of, 'newest'))).toBe('bucket 1/12-15');
    expect([...listPoints(of, { level0: false })].map(({ deleted }) => deleted)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('of a point before a re-base uses the chain before it', () => {
    const rebased = file(1, 1, 20, T0 + 40_000, {
      preApplyChecksum: 0n,
      postApplyChecksum: stateAfter(20n, 1),
    });
    const of = catalogue([], { bucket: [...bucket, rebased] });
    expect(read(planRestore(of, { txid: 18n }))).toBe('bucket 9/1-10 2/11-14 1/15-18');
    expect(read(planRestore(of, 'newest'))).toBe('bucket 1/1-20');
    expect(read(planRestore(of, { txid: 19n }))).toBe('none 18..20');
  });

  it('reads one replica, the first in the given order that can', () => {
    const of = catalogue([], { bucket: bucket.slice(0, 1), nas: bucket });
    expect(read(planRestore(of, { txid: 18n }))).toBe('nas 9/1-10 2/11-14 1/15-18');
    expect(read(planRestore(of, { txid: 10n }, ['nas', 'bucket']))).toBe('nas 9/1-10');
    expect(read(planRestore(of, { txid: 18n }, ['bucket']))).toBe('none 10..');
  });

  it('does not use files that no base leads to', () => {
    expect(read(planRestore(catalogue([], { bucket: bucket.slice(1) }), 'newest'))).toBe('none ..');
  });
});

describe('restore points', () => {
  const listed = (filter: Parameters<typeof listPoints>[1]) =>
    [...listPoints(database, filter)].map(
      ({ txid, level, local: only }) => `${txid}:${level}${only ? ' local' : ''}`,
    );

  it('are each listed once, at their highest level; single transactions on request', () => {
    expect(listed({ level0: false })).toEqual(['10:9', '12:1', '14:2', '18:1']);
    expect(listed({ level0: true })).toEqual([
      '10:9',
      '12:1',
      '14:2',
      '15:0 local',
      '16:0 local',
      '17:0 local',
      '18:1',
      '19:0 local',
    ]);
  });

  it('are those between two times, both included', () => {
    expect(listed({ level0: false, from: T0 + 10_000, to: T0 + 20_000 })).toEqual(['12:1', '14:2']);
  });
});

describe('the high-water mark', () => {
  it('is the lowest TXID up to which the required replicas have everything', () => {
    const of = catalogue(local, { bucket, nas: bucket.slice(0, 2) });
    expect(highWaterMark(of, [replica('bucket'), replica('nas')])).toBe(18n);
    expect(highWaterMark(of, [replica('bucket'), replica('nas', { required: true })])).toBe(12n);
    expect(highWaterMark(of, [replica('nas'), replica('lost', { required: true })])).toBe(0n);
    expect(highWaterMark(of, [])).toBe(0n);
  });

  it('ends at a hole', () => {
    const holed = bucket.filter(({ minTxid }) => minTxid !== 11n && minTxid !== 13n);
    expect(highWaterMark(catalogue([], { bucket: holed }), [replica('bucket')])).toBe(10n);
  });

  it('is of the first replica where none is marked', () => {
    const none = [replica('nas', { required: false }), replica('bucket', { required: false })];
    expect(highWaterMark(catalogue([], { bucket, nas: [] }), none)).toBe(0n);
  });
});
