import { uptime } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock } from '../../src/engine/system-clock.ts';

vi.mock('node:os', () => ({ uptime: vi.fn() }));

const boot = vi.mocked(uptime);

/** Sets the wall clock and the process's own, ms, and the time since boot, s. */
function stand({ wall, own, booted }: { wall: number; own: number; booted: number }): void {
  vi.spyOn(Date, 'now').mockReturnValue(wall);
  vi.spyOn(performance, 'now').mockReturnValue(own);
  boot.mockReturnValue(booted);
}

afterEach(() => vi.restoreAllMocks());

describe('the system clock', () => {
  it('goes on from one reading of the time since boot for a second', () => {
    const clock = createSystemClock();
    boot.mockClear();
    stand({ wall: 5_000, own: 100, booted: 60 });
    expect(clock()).toEqual({ wall: 5_000, monotonic: 60_000 });
    stand({ wall: 5_900, own: 1_000, booted: 1 });
    expect(clock()).toEqual({ wall: 5_900, monotonic: 60_900 });
    expect(boot).toHaveBeenCalledTimes(1);
    stand({ wall: 6_000, own: 1_100, booted: 61 });
    expect(clock()).toEqual({ wall: 6_000, monotonic: 61_000 });
  });

  it('counts the time a machine was suspended, which its own clock does not', () => {
    const clock = createSystemClock();
    stand({ wall: 5_000, own: 100, booted: 60 });
    clock();
    stand({ wall: 7_205_010, own: 110, booted: 7_260 });
    expect(clock()).toEqual({ wall: 7_205_010, monotonic: 7_260_000 });
  });

  it('shows a wall clock that was set as just that', () => {
    const clock = createSystemClock();
    stand({ wall: 5_000, own: 100, booted: 60 });
    clock();
    stand({ wall: 7_205_010, own: 110, booted: 60 });
    expect(clock()).toEqual({ wall: 7_205_010, monotonic: 60_000 });
  });
});
