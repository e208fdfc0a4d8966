import { describe, expect, it } from 'vitest';
import { isWholeNeeded } from '../../src/compactor/plan/damage.ts';
import { planDatabase } from '../../src/compactor/plan/plan-database.ts';
import { RULES } from '../../src/compactor/plan/rules.ts';
import type { DatabaseCatalogue, StoredFile } from '../../src/compactor/types.ts';
import {
  CONFIG,
  catalogue,
  DAY,
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

const NONE = new Set<string>();

const damaged = (
  of: DatabaseCatalogue,
  files: Readonly<Record<string, readonly StoredFile[]>>,
): DatabaseCatalogue => ({ ...of, damaged: new Map(Object.entries(files)) });

const lost = file(2, 3, 6, T0 + 5 * MINUTE - 1);
const base = file(2, 1, 2, T0);
const after = file(2, 7, 9, T0 + 10 * MINUTE - 1);
const NOW = T0 + 11 * MINUTE;

describe('a file that is missing or damaged', () => {
  it('is made anew from the same file of another replica', () => {
    const of = catalogue([], { bucket: [base, after], nas: [base, { ...lost }, after] });
    const plan = planned(damaged(of, { bucket: [lost] }), NOW);
    expect(short(plan)).toEqual(['build bucket 2/3-6']);
    expect(inputsOf(plan, 'build bucket 2/3-6')).toEqual(['nas 2/3-6']);
    expect(plan.gaps).toEqual([]);
  });

  it('is made anew of what it was made of, where that is there', () => {
    const level1 = [file(1, 3, 4, T0 + MINUTE), file(1, 5, 6, T0 + 5 * MINUTE - 1)];
    const of = catalogue([], { bucket: [base, after, ...level1] });
    const plan = planned(damaged(of, { bucket: [lost] }), NOW);
    expect(inputsOf(plan, 'build bucket 2/3-6')).toEqual(['bucket 1/3-4', 'bucket 1/5-6']);
  });

  it('is made anew of level 0', () => {
    const local = transactions(
      3,
      [1, 2, 3, 4.9].map((minutes) => T0 + minutes * MINUTE),
    );
    const plan = planned(damaged(catalogue(local, { bucket: [base, after] }), { bucket: [lost] }), NOW);
    expect(inputsOf(plan, 'build bucket 2/3-6')).toHaveLength(4);
  });

  it('is made anew from the parts that several replicas have', () => {
    const nas = [base, file(1, 3, 4, T0 + MINUTE)];
    const bucket = [base, after, file(1, 5, 6, T0 + 5 * MINUTE - 1)];
    const plan = planned(damaged(catalogue([], { bucket, nas }), { bucket: [lost] }), NOW);
    expect(inputsOf(plan, 'build bucket 2/3-6')).toEqual(['nas 1/3-4', 'bucket 1/5-6']);
  });

  it('is not made of files of another state, or of more than it held', () => {
    const [first, second] = [file(1, 3, 4, T0 + MINUTE), file(1, 5, 6, T0 + 5 * MINUTE - 1)];
    const other = { ...second, preApplyChecksum: second.preApplyChecksum + 1n };
    const nas = [file(3, 1, 9, T0 + 10 * MINUTE - 1)];
    const of = catalogue([], { bucket: [base, first, other, after], nas });
    const plan = planned(damaged(of, { bucket: [lost] }), NOW);
    expect(short(plan)).toEqual(['build bucket 3/1-9']);
  });

  it('as a snapshot is made anew from an older one and what follows it', () => {
    const older = file(9, 1, 4, T0 - DAY);
    const snapshot = file(9, 1, 8, T0);
    const of = catalogue([], { bucket: [older, file(3, 5, 8, T0)] });
    const plan = planned(damaged(of, { bucket: [snapshot] }), NOW);
    expect(inputsOf(plan, 'build bucket 9/1-8')).toEqual(['bucket 9/1-4', 'bucket 3/5-8']);
    expect(plan.actions[0]).toMatchObject({ asSnapshot: true });
  });

  it('that nothing needs any more goes', () => {
    const now = T0 + 100 * HOUR;
    const over = file(1, 1, 2, T0);
    const of = catalogue([], { bucket: [file(9, 1, 9, T0 + MINUTE)] });
    expect(short(planned(damaged(of, { bucket: [over] }), now))).toEqual(['delete bucket 1/1-2']);
    expect(short(planned(damaged(of, { bucket: [over] }), now, { clockTrusted: false }))).not.toContain(
      'delete bucket 1/1-2',
    );
  });
});

describe('what nothing is left of', () => {
  const bucket = [base, after];
  const of = damaged(catalogue(transactions(10, [T0 + 10 * MINUTE]), { bucket }), { bucket: [lost] });

  it('asks for the whole database, and nothing is built beyond it or deleted', () => {
    expect(isWholeNeeded(of, NONE)).toBe(true);
    expect(short(planned(of, NOW + HOUR))).toEqual(['build bucket 3/1-2']);
  });

  it('does not ask while another replica leads on', () => {
    const nas = [file(9, 1, 9, T0 + 10 * MINUTE - 1)];
    const with2 = { ...of, replicas: new Map(Object.entries({ bucket, nas })) };
    expect(isWholeNeeded(with2, NONE)).toBe(false);
    expect(isWholeNeeded(with2, new Set(['nas']))).toBe(true);
  });

  it('does not ask after a deletion, which begins anew by itself', () => {
    const dropped = file(0, 10, 10, T0 + 10 * MINUTE, { commit: 0 });
    expect(isWholeNeeded({ ...of, local: [dropped] }, NONE)).toBe(false);
  });

  it('does not ask where nothing is known to be damaged, however much is missing', () => {
    expect(isWholeNeeded(catalogue(of.local, { bucket }), NONE)).toBe(false);
  });

  it('is passed over by the whole database, also one of the very position that is there', () => {
    for (const end of [10, 12]) {
      const whole = file(0, 1, end, T0 + 10 * MINUTE + 1);
      const healed = { ...of, local: [...of.local, whole] };
      const plan = planned(healed, NOW);
      expect(isWholeNeeded(healed, NONE)).toBe(false);
      expect(inputsOf(plan, `build bucket 1/1-${end}`)).toEqual([`local 0/1-${end}`]);
    }
  });

  it('stays on record while anything is there that it led to', () => {
    const later = [file(1, 1, 10, T0 + 11 * MINUTE), file(9, 1, 10, T0 + 11 * MINUTE)];
    const healed = damaged(catalogue([], { bucket: [...bucket, ...later] }), {
      bucket: [file(1, 3, 6, lost.effectiveTime)],
    });
    // Past the promise of the lost one, not of the one behind it.
    expect(short(planned(healed, T0 + 2 * HOUR))).not.toContain('delete bucket 1/3-6');
  });
});

it('no repair is tried from a replica that has long failed', () => {
  const of = damaged(catalogue([], { bucket: [base, after], nas: [base, lost, after] }), { bucket: [lost] });
  const planWith = (away: ReadonlySet<string>) =>
    planDatabase(
      {
        catalogue: of,
        held: NONE,
        replicas: [replica('bucket')],
        pins: NONE,
        level0Cutoff: null,
        away,
      },
      { config: CONFIG, now: NOW, clockTrusted: true, rules: RULES },
    );
  expect(planWith(NONE).builds).toHaveLength(1);
  expect(planWith(NONE).wholeNeeded).toBe(false);
  expect(planWith(new Set(['nas']))).toMatchObject({ builds: [], wholeNeeded: true });
});
