import { describe, expect, it } from 'vitest';
import { pinKey } from '../../src/compactor/plan/index.ts';
import type { StoredFile } from '../../src/compactor/types.ts';
import {
  CLUSTER,
  CONFIG,
  catalogue,
  DAY,
  DB,
  file,
  HOUR,
  MINUTE,
  planned,
  replica,
  SECOND,
  short,
  T0,
  transactions,
} from './support/files.ts';

const deletes = (plan: ReturnType<typeof planned>) => short(plan).filter((each) => each.startsWith('delete'));
const snapshot = (max: number, time: number) => file(9, 1, max, time, { preApplyChecksum: 0n });

describe('files of a replica', () => {
  it('go when their promise has ended and nothing else needs them', () => {
    const bucket = [file(1, 1, 2, T0), file(2, 1, 2, T0), file(3, 1, 2, T0), snapshot(2, T0)];
    const of = catalogue([], { bucket });
    expect(deletes(planned(of, T0 + HOUR))).toEqual([]);
    expect(deletes(planned(of, T0 + HOUR + 1))).toEqual(['delete bucket 1/1-2']);
    expect(deletes(planned(of, T0 + 73 * HOUR))).toEqual(['delete bucket 1/1-2', 'delete bucket 2/1-2']);
  });

  it('say in words why they go', () => {
    const bucket = [file(1, 1, 2, T0), file(2, 1, 2, T0), file(3, 1, 2, T0), snapshot(2, T0)];
    const [action] = planned(catalogue([], { bucket }), T0 + 2 * HOUR).actions;
    expect(action?.reason).toBe(
      'the point 0000000000000002 of level 1 is past its promise, and no other point needs the file',
    );
  });

  it('stay for the oldest promised point: the newest snapshot at or before it, and all that leads from there', () => {
    const now = T0 + 40 * DAY;
    const promised = now - 720 * HOUR + MINUTE;
    const bucket = [
      snapshot(10, promised - 3 * HOUR - DAY),
      snapshot(20, promised - 3 * HOUR),
      file(3, 21, 30, promised - HOUR),
      file(3, 31, 40, promised),
      snapshot(50, now - HOUR),
    ].sort((a, b) => Number(a.maxTxid - b.maxTxid));
    expect(deletes(planned(catalogue([], { bucket }), now))).toEqual(['delete bucket 9/1-10']);
  });

  it('count from receipt where the timestamps are old', () => {
    const old = { receivedAt: T0 + 4 * DAY };
    const bucket = [file(1, 1, 2, T0, old), file(2, 1, 2, T0, old), file(3, 1, 2, T0, old), snapshot(2, T0)];
    expect(deletes(planned(catalogue([], { bucket }), T0 + 4 * DAY + MINUTE))).toEqual([]);
  });

  it('of the current state never go', () => {
    const bucket = [snapshot(2, T0), file(3, 3, 4, T0 + HOUR)];
    expect(deletes(planned(catalogue([], { bucket }), T0 + HOUR + 1))).toEqual([]);
    expect(deletes(planned(catalogue([], { bucket: [snapshot(4, T0)] }), T0 + 1000 * DAY))).toEqual([]);
  });

  it('stay until what is built from them is stored', () => {
    const bucket = [snapshot(1, T0 - DAY), file(1, 2, 2, T0), file(1, 3, 3, T0 + 10 * SECOND)];
    const now = T0 + 3 * HOUR;
    expect(deletes(planned(catalogue([], { bucket }), now))).toEqual([]);
    const built = [...bucket, file(2, 2, 3, T0 + 10 * SECOND)];
    expect(deletes(planned(catalogue([], { bucket: built }), now))).toEqual([
      'delete bucket 1/2-2',
      'delete bucket 1/3-3',
    ]);
  });

  it('stay while they are pinned, while the clock is doubted, and while the replica fails', () => {
    const bucket = [file(1, 1, 2, T0), file(2, 1, 2, T0), file(3, 1, 2, T0), snapshot(2, T0)];
    const of = catalogue([], { bucket });
    const now = T0 + 2 * HOUR;
    const pins = new Set([pinKey({ cluster: CLUSTER, db: DB, incarnation: 1 }, 'bucket', bucket[0]!)]);
    expect(deletes(planned(of, now, { pins }))).toEqual([]);
    const replicas = [replica('bucket', { backoffUntil: now + 1 })];
    expect(deletes(planned(of, now, { replicas }))).toEqual([]);
    const doubted = planned(of, now, { clockTrusted: false });
    expect(short(doubted)).toEqual(['nothing local']);
    expect(doubted.actions[0]?.reason).toContain('nothing expires');
  });

  it('may go in any order and in part: what is left is planned the same', () => {
    const now = T0 + 10 * HOUR;
    const bucket: StoredFile[] = [
      ...Array.from({ length: 60 }, (_, i) => file(1, i + 1, i + 1, T0 + i * 10 * SECOND)),
      file(2, 1, 30, T0 + 290 * SECOND),
      file(2, 31, 60, T0 + 590 * SECOND),
      file(3, 1, 60, T0 + 590 * SECOND),
    ].sort((a, b) => Number(a.maxTxid - b.maxTxid));
    const all = deletes(planned(catalogue([], { bucket }), now));
    expect(all.length).toBe(60);
    const half = bucket.filter((each, i) => each.level !== 1 || i % 3 === 0);
    const plan = planned(catalogue([], { bucket: half }), now);
    expect(all).toEqual(expect.arrayContaining(deletes(plan)));
    expect(deletes(plan)).toHaveLength(half.length - 3);
    expect(plan.gaps).toEqual([]);
  });
});

describe('transactions of level 0', () => {
  const local = transactions(1, [T0, T0 + 1_000, T0 + 11_000]);
  const stored = [file(1, 1, 2, T0 + 1_000), file(1, 3, 3, T0 + 11_000)];
  const higher = (level: 2 | 3) => file(level, 1, 3, T0 + 11_000);
  const all = [...stored, higher(2), higher(3)];

  it('stay restorable for the retention of level 1', () => {
    expect(deletes(planned(catalogue(local, { bucket: all }), T0 + HOUR))).toEqual([]);
    expect(deletes(planned(catalogue(local, { bucket: all }), T0 + 2 * HOUR))).toEqual(
      expect.arrayContaining(['delete local 0/1-1', 'delete local 0/2-2', 'delete local 0/3-3']),
    );
  });

  it('do not go before every required replica has what replaces them', () => {
    const replicas = [replica('bucket'), replica('nas', { required: true })];
    const plan = planned(catalogue(local, { bucket: all, nas: [] }), T0 + 2 * HOUR, { replicas });
    expect(deletes(plan).filter((each) => each.includes('local'))).toEqual([]);
    const optional = [replica('bucket'), replica('nas')];
    const other = planned(catalogue(local, { bucket: all, nas: [] }), T0 + 2 * HOUR, {
      replicas: optional.map((each) => (each.name === 'nas' ? { ...each, backoffUntil: T0 + DAY } : each)),
    });
    expect(deletes(other).filter((each) => each.includes('local'))).toHaveLength(3);
  });

  it('go earlier where the byte limit is reached, the oldest of all databases first', () => {
    const now = T0 + MINUTE;
    const limited = (level0BytesMax: number, bucket: readonly StoredFile[]) =>
      deletes(planned(catalogue(local, { bucket }), now, { config: { ...CONFIG, level0BytesMax } }));
    expect(limited(3_000, stored)).toEqual([]);
    expect(limited(2_500, stored)).toEqual(['delete local 0/1-1']);
    expect(limited(1_500, stored)).toEqual(['delete local 0/1-1', 'delete local 0/2-2']);
    // The second transaction is still promised, and what is stored instead of the first does not lead there.
    expect(limited(2_500, [file(1, 1, 3, T0 + 11_000)])).toEqual([]);
  });
});
