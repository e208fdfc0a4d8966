import { describe, expect, it } from 'vitest';
import { NameGate } from '../../src/engine/name-gate.ts';

/** Whether a promise is settled within a turn of the event loop. */
const isOpen = async (passing: Promise<void> | null): Promise<boolean> => {
  const later = new Promise((resolve) => setImmediate(() => resolve('later')));
  return passing === null || (await Promise.race([passing, later])) !== 'later';
};

describe('the gate of a name', () => {
  it('holds up that name and no other, until it is let go', async () => {
    const gate = new NameGate();
    const release = gate.hold('shop', 'a.db');
    const passing = gate.pass('shop', 'a.db');
    expect(await isOpen(passing)).toBe(false);
    expect(gate.pass('shop', 'b.db')).toBeNull();
    expect(gate.pass('other', 'a.db')).toBeNull();
    release();
    await passing;
    expect(gate.pass('shop', 'a.db')).toBeNull();
  });

  it('waits for everybody who holds it', async () => {
    const gate = new NameGate();
    const [first, second] = [gate.hold('shop', 'a.db'), gate.hold('shop', 'a.db')];
    const passing = gate.pass('shop', 'a.db');
    second();
    expect(await isOpen(passing)).toBe(false);
    first();
    await passing;
  });
});
