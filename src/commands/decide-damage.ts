import type { EventBody, EventDraft } from '../events/index.ts';
import { type Incarnation, isLive } from './decide-storage.ts';

/** What the log knows of a file that a second look did not find as it was stored. */
export interface SuspectFile {
  /** Whether it is on record. */
  readonly stored: boolean;
  /** Whether its deletion has begun: it is rightly gone. */
  readonly dying: boolean;
  /** Whether its damage is on record already. */
  readonly damaged: boolean;
}

/** Damage is on record once, of a file that ought to be there. */
export function decideDamaged(
  body: EventBody<'file.damaged'>,
  { stored, dying, damaged }: SuspectFile,
  current: Incarnation | null,
): EventDraft[] {
  const isNew = stored && !dying && !damaged && isLive(body.incarnation, current);
  return isNew ? [{ type: 'file.damaged', body }] : [];
}

/** And once, when it is there again. */
export function decideFound(
  body: EventBody<'file.found'>,
  { stored, dying, damaged }: SuspectFile,
  current: Incarnation | null,
): EventDraft[] {
  const isBack = stored && !dying && damaged && isLive(body.incarnation, current);
  return isBack ? [{ type: 'file.found', body }] : [];
}
