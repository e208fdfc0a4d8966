import type { LogEvent } from '../../src/client/index.ts';

/** Events of one type in a row that are told as one. */
export interface Run {
  readonly first: LogEvent;
  readonly last: LogEvent;
  readonly count: number;
  /** Of all of them. */
  readonly pages: number;
  readonly bytes: number;
}
