import type { ClockReading } from '../../commands/clock.ts';
import type { StoreDate } from '../../commands/clock-dates.ts';
import type { Actor } from '../../events/index.ts';
import type { ClockState } from './clock-guard.ts';
import type { WriterContext } from './context.ts';

/** Looks at the clocks, and at what replicas say of them. */
export interface ClockCheckCommand {
  readonly type: 'clock.check';
  readonly clock: ClockReading;
  readonly dates: readonly StoreDate[];
}

/** An operator says that the wall clock is right. */
export interface ClockClearCommand {
  readonly type: 'clock.clear';
  readonly clock: ClockReading;
  readonly actor: Actor;
}

export interface ClockCommands {
  'clock.check': { command: ClockCheckCommand; result: ClockState };
  /** Whether it had been doubted. */
  'clock.clear': { command: ClockClearCommand; result: { readonly cleared: boolean } };
}

export const handleClockCheck = ({ clock, dates }: ClockCheckCommand, context: WriterContext): ClockState =>
  context.clock.weigh(clock, dates);

export const handleClockClear = (
  { clock, actor }: ClockClearCommand,
  context: WriterContext,
): { readonly cleared: boolean } => ({ cleared: context.clock.clear(clock, actor) });
