import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { ClockReading } from '../commands/clock.ts';

/** How long a reading of the time since boot is gone on from, ms. */
const KEPT_MS = 1_000;

/**
 * The wall clock, and the time since boot, which counts while the machine is suspended. To read that one opens a
 * file; so it is read once in a while, and the process's own clock goes on from there, for as long as it agrees
 * with the wall clock: after a suspension it does not.
 */
export function createSystemClock(): () => ClockReading {
  let read = { wall: 0, own: Number.NEGATIVE_INFINITY, boot: 0 };
  return () => {
    const wall = Date.now();
    const own = performance.now();
    const passed = own - read.own;
    const disagree = Math.abs(wall - read.wall - passed);
    if (passed >= KEPT_MS || disagree >= KEPT_MS) read = { wall, own, boot: uptime() * 1_000 };
    return { wall, monotonic: read.boot + own - read.own };
  };
}

/** Names this start of the machine, so that times since boot can be compared; null where the system has no name. */
export function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null;
  } catch {
    // Only Linux has it; elsewhere every start of the server is taken for one of the machine.
    return null;
  }
}
