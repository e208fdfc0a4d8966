import type { EventBody, EventDraft } from '../events/index.ts';

/** How long after an attempt of unknown outcome it may still take effect at a store, ms. */
export const SETTLE_MS = 300_000;

/** Whether something stored under a name belongs to the incarnation that lives. */
export type Incarnation = { readonly incarnation: number; readonly lives: boolean };

/** A file reached a replica: on record if its database lives; one of a deleted database is the purge's to delete. */
export function decideStored(body: EventBody<'file.stored'>, current: Incarnation | null): EventDraft[] {
  return isLive(body.incarnation, current) ? [{ type: 'file.stored', body }] : [];
}

export const isLive = (incarnation: number, current: Incarnation | null): boolean =>
  current?.lives === true && current.incarnation === incarnation;

/** What is known of a replica before something happened there. */
export interface ReplicaBefore {
  readonly name: string;
  readonly failingSince: number | null;
}

/** Only a change of state is an event. */
export function decideReplicaFailed(before: ReplicaBefore, code: string, message: string): EventDraft[] {
  if (before.failingSince !== null) return [];
  return [{ type: 'replica.failed', body: { replica: before.name, code, message } }];
}

export function decideReplicaRecovered({ name, failingSince }: ReplicaBefore): EventDraft[] {
  if (failingSince === null) return [];
  return [{ type: 'replica.recovered', body: { replica: name, failedSince: failingSince } }];
}

/** A put that has a row and no outcome. */
export interface UnfinishedPut {
  /** Whether its incarnation lives. */
  readonly lives: boolean;
  /** Whether the replica has a file of this level or above that reaches as far: no plan asks for the key again. */
  readonly passed: boolean;
}

/**
 * Whether the object of an unfinished put is to be deleted. Never while a plan may yet ask for the key: a
 * deletion may arrive late at a store, and would take the good object with it. What belongs to a deleted
 * database goes with the database.
 */
export const isToBeUndone = ({ lives, passed }: UnfinishedPut): boolean => lives && passed;

/** When a purge may end: late attempts have had their time, ms. */
export const settledAt = (failedAt: number | null): number =>
  failedAt === null ? Number.NEGATIVE_INFINITY : failedAt + SETTLE_MS;
