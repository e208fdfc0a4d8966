import { expect, it } from 'vitest';
import {
  DAMAGED_LOOK_MS,
  LATER_LOOK_MS,
  LOOKED_MAX,
  SUSPECTS_MAX,
  type Suspect,
  Suspects,
} from '../../../src/compactor/run/suspects.ts';

const suspect = (n: number): Suspect => ({ cluster: 'shop', db: 'a.db', replica: 'one', key: String(n) });

it('what is known to be missing is looked at again now and then, what is damaged is read again more seldom', () => {
  const suspects = new Suspects();
  // A start knows of no look.
  expect(suspects.isLookDue(suspect(0), 'damaged', 0)).toBe(true);
  suspects.looked(suspect(0), 0);
  expect(suspects.isLookDue(suspect(0), 'missing', LATER_LOOK_MS - 1)).toBe(false);
  expect(suspects.isLookDue(suspect(0), 'missing', LATER_LOOK_MS)).toBe(true);
  expect(suspects.isLookDue(suspect(0), 'damaged', DAMAGED_LOOK_MS - 1)).toBe(false);
  expect(suspects.isLookDue(suspect(0), 'damaged', DAMAGED_LOOK_MS)).toBe(true);
  // The clock was ahead.
  expect(suspects.isLookDue(suspect(0), 'damaged', -1)).toBe(true);
});

it('a replica that has lost very many files is not asked for all of them again and again', () => {
  const suspects = new Suspects();
  const many = 10 * SUSPECTS_MAX;
  for (let n = 0; n < many; n++) suspects.looked(suspect(n), n);
  for (let n = 0; n < many; n++) expect(suspects.isLookDue(suspect(n), 'missing', many)).toBe(false);
  for (let n = 0; n < LOOKED_MAX; n++) suspects.looked(suspect(many + n), many);
  expect(suspects.isLookDue(suspect(0), 'missing', many)).toBe(true);
  expect(suspects.isLookDue(suspect(many), 'missing', many)).toBe(false);
});
