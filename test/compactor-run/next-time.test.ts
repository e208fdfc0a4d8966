import { expect, it } from 'vitest';
import { nextTime } from '../../src/compactor/run/next-time.ts';
import { CONFIG, catalogue, file, HOUR, MINUTE, SECOND, T0 } from '../compactor/support/files.ts';

it('a transaction that came after the file of its window was built is not forgotten', () => {
  const received = T0 + HOUR;
  const own = [file(1, 1, 1, T0), file(9, 1, 1, T0)];
  const late = file(0, 2, 2, T0 + 1, { receivedAt: received });
  const next = nextTime(catalogue([late], { bucket: own }), {
    replica: 'bucket',
    config: CONFIG,
    now: received + SECOND,
  });
  expect(next).toBe(received + 10 * SECOND);
  // Its file is due when the window that it was received in closes: then nothing else is, before a promise ends.
  const after = nextTime(catalogue([], { bucket: [...own, { ...late, level: 1 }] }), {
    replica: 'bucket',
    config: CONFIG,
    now: received + MINUTE,
  });
  expect(after).toBeGreaterThan(received + MINUTE);
});
