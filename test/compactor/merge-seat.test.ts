import { describe, expect, test } from 'vitest';
import { MergeSeat } from '../../src/compactor/run/merge-seat.ts';

describe('a merge seat', () => {
  test('has one merge go on at a time, in their order, also after one that failed', async () => {
    const seat = new MergeSeat();
    const steps: string[] = [];
    const merge = (name: string, fails = false) =>
      seat.take(async () => {
        steps.push(`${name} begins`);
        await new Promise(setImmediate);
        steps.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });
    const outcomes = await Promise.allSettled([merge('one'), merge('two', true), merge('three')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const order = ['one', 'two', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]);
    expect(steps).toEqual(order);
  });
});
