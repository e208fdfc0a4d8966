import { expect, test } from 'vitest';
import type { AgentReplica } from '../../src/agent/plan.ts';
import { REVALIDATION_MS_MIN, Validations } from '../../src/agent/validations.ts';
import { SAMPLE_BODIES } from '../events/sample-bodies.ts';

const HOUR = 3_600_000;
const replica = { name: 'one', validationIntervalMs: HOUR } as AgentReplica;
const [before, after] = ['0000000000000007', '0000000000000008'];

const found = (outcome: 'passed' | 'failed') => ({
  ...SAMPLE_BODIES['database.verified'],
  outcome,
  txid: before,
});

test('a validation is due an interval after the start, and after the last one', () => {
  const validations = new Validations(0);
  expect(validations.isDue(replica, before, HOUR - 1)).toBe(false);
  expect(validations.isDue(replica, before, HOUR)).toBe(true);
  validations.record('one', found('passed'), HOUR);
  expect(validations.isDue(replica, after, 2 * HOUR - 1)).toBe(false);
  expect(validations.isDue(replica, after, 2 * HOUR)).toBe(true);
  expect(validations.of('one')).toMatchObject({ at: HOUR, passed: true });
});

test('one that failed is due again soon when the replica has got more, each time later', () => {
  const validations = new Validations(0);
  let now = HOUR;
  for (const pause of [1, 2, 4, 8]) {
    validations.record('one', found('failed'), now);
    expect(validations.isDue(replica, before, now + HOUR - 1)).toBe(false);
    expect(validations.isDue(replica, after, now + pause * REVALIDATION_MS_MIN - 1)).toBe(false);
    now += pause * REVALIDATION_MS_MIN;
    expect(validations.isDue(replica, after, now)).toBe(true);
  }
  for (let i = 0; i < 40; i += 1) validations.record('one', found('failed'), now);
  expect(validations.isDue(replica, after, now + HOUR - 1)).toBe(false);
  expect(validations.isDue(replica, after, now + HOUR)).toBe(true);
});

test('a replica without an interval is never validated', () => {
  const validations = new Validations(0);
  const never = { ...replica, validationIntervalMs: null };
  validations.record('one', found('failed'), 0);
  expect(validations.isDue(never, after, 100 * HOUR)).toBe(false);
});
