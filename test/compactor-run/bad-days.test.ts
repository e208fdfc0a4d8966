import fc from 'fast-check';
import { it } from 'vitest';
import { property } from '../support/property.ts';
import { BadDays } from './bad-days/run.ts';
import { step } from './bad-days/steps.ts';

it('bad days take no promised point from either replica, and leave nothing behind', async () => {
  const history = fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
    steps: fc.array(step, { minLength: 6, maxLength: 24 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ seed, steps }) => {
      using days = new BadDays(seed);
      await days.world.start();
      for (const each of steps) {
        await days.take(each);
        await days.check();
      }
      await days.finish();
    }),
    property(12),
  );
}, 240_000);
