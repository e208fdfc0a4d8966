import { expect, test } from 'vitest';
import { DatabaseLoop } from '../../src/agent/database-loop.ts';
import type { AgentDatabase } from '../../src/agent/plan.ts';
import { createLogger } from '../../src/logging.ts';
import { eventually } from '../support/process-state.ts';
import { LiveSite } from './live-site.ts';

const log = createLogger({ level: 'silent', format: 'json' });

test('a validation that comes to no end keeps no sync waiting', async () => {
  const site = await new LiveSite(['one', 1_000]).start();
  site.write('a');
  await site.pass(3);
  await site.agent.close('the test');
  const plan = site.plan();
  const [first] = plan.replicas;
  let asked = 0;
  let fail = (_: Error): void => {};
  const open: typeof first.open = async (...told) => {
    const replica = await first.open(...told);
    replica.get = () => {
      asked += 1;
      return new Promise((_, reject) => {
        fail = reject;
      });
    };
    return replica;
  };
  const silent: AgentDatabase = { ...plan, replicas: [{ ...first, open, validationIntervalMs: 10_000 }] };
  const loop = new DatabaseLoop(silent, { version: '0', clock: () => site.clock, bootId: 'boot', log });
  const pass = async (): Promise<void> => {
    const { wall, monotonic } = site.clock;
    site.clock = { wall: wall + 2_000, monotonic: monotonic + 2_000 };
    await loop.step();
  };
  try {
    for (let i = 0; i < 7; i += 1) await pass();
    await eventually('it is being validated', () => asked > 0);
    site.write('b');
    await pass();
    expect(await loop.report()).toMatchObject({ transactions: 1, trouble: null, state: 'current' });
  } finally {
    fail(new Error('the test ends'));
    await loop.close('the test');
    site.app.close();
  }
});
