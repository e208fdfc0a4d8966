import type { StoredEvent } from '../events/envelope.ts';

/** An event as it is stored, damaged or not. */
export interface StoredLogEvent extends StoredEvent {
  readonly seq: number;
}
