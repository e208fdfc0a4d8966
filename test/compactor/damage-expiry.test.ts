import { expect, it } from 'vitest';
import { catalogue, DAY, file, HOUR, MINUTE, planned, short, T0 } from './support/files.ts';

const base = file(2, 1, 2, T0);
const lost = file(2, 3, 6, T0 + 5 * MINUTE);
const after = file(2, 7, 9, T0 + 10 * MINUTE);
const snapshot = file(9, 1, 9, T0 + DAY);

it('what leads to a lost file stays as long as the file is promised: it may come back, or be made anew', () => {
  // The base alone is past its promise.
  const now = T0 + 72 * HOUR + MINUTE;
  const whole = catalogue([], { bucket: [base, lost, after, snapshot] });
  const of = {
    ...catalogue([], { bucket: [base, after, snapshot] }),
    damaged: new Map([['bucket', [lost]]]),
  };
  expect(short(planned(whole, now)).filter((each) => each.startsWith('delete'))).toEqual([]);
  expect(short(planned(of, now)).filter((each) => each.startsWith('delete'))).toEqual([]);
  const later = short(planned(of, now + DAY));
  expect(later).toEqual(expect.arrayContaining(['delete bucket 2/1-2', 'delete bucket 2/7-9']));
});
