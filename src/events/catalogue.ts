import type { z } from 'zod';
import * as database from './bodies/database.ts';
import * as log from './bodies/log.ts';
import * as server from './bodies/server.ts';
import * as storage from './bodies/storage.ts';
import { EventError } from './errors.ts';

/** Turns a body of one schema version into one of the next. Pure, total over what that version allowed. */
export type Upcast = (body: unknown) => unknown;

/** What the catalogue knows of one type. `upcasts[n]` leads from schema n + 1 to n + 2: one entry a change. */
interface Entry<S extends z.ZodType> {
  readonly body: S;
  readonly upcasts: readonly Upcast[];
}

const define = <S extends z.ZodType>(body: S, upcasts: readonly Upcast[] = []): Entry<S> => ({
  body,
  upcasts,
});

const CATALOGUE = {
  'server.started': define(server.serverStarted),
  'server.stopped': define(server.serverStopped),
  'clock.suspect': define(server.clockSuspect),
  'clock.cleared': define(server.clockCleared),
  'database.created': define(database.databaseCreated),
  'database.deleted': define(database.databaseDeleted),
  'transaction.ingested': define(database.transaction),
  'transaction.rebased': define(database.transaction),
  'transaction.imported': define(database.transactionImported),
  'transaction.restored': define(database.transactionRestored),
  'ingest.refused': define(database.ingestRefused),
  'position.withheld': define(database.positionWithheld, [
    // Any transaction ended it then.
    (body) => ({ ...Object(body), untilWhole: false }),
  ]),
  'primary.changed': define(database.primaryChanged),
  'storage.configured': define(storage.storageConfigured),
  'file.stored': define(storage.fileStored),
  'file.expired': define(storage.fileExpired),
  'file.damaged': define(storage.fileDamaged),
  'file.found': define(storage.fileFound),
  'payloads.expired': define(storage.payloadsExpired),
  'replica.failed': define(storage.replicaFailed),
  'replica.recovered': define(storage.replicaRecovered),
  'database.purged': define(storage.databasePurged),
  'log.sealed': define(log.logSealed),
  'checkpoint.stored': define(log.checkpointStored),
  'checkpoint.expired': define(log.checkpointExpired),
  'database.verified': define(storage.databaseVerified),
} as const;

/** Every type of event there is. */
export type EventType = keyof typeof CATALOGUE;

/** The types that append a transaction to a database: all have what `transaction.ingested` has, and more. */
export type TransactionType = Extract<EventType, `transaction.${string}`>;

/** The body of an event type, in its current schema. */
export type EventBody<T extends EventType> = z.infer<(typeof CATALOGUE)[T]['body']>;

export const EVENT_TYPES = Object.keys(CATALOGUE) as readonly EventType[];

export const isEventType = (type: string): type is EventType => Object.hasOwn(CATALOGUE, type);

/** The schema version that new events of this type are written with, from 1. */
export const schemaVersion = (type: EventType): number => CATALOGUE[type].upcasts.length + 1;

const entryOf = (type: string): Entry<z.ZodType> => {
  if (!isEventType(type)) throw new EventError('EEVENTTYPE', `unknown event type "${type}"`);
  return CATALOGUE[type];
};

/**
 * Checks a body against the current schema of its type, unknown fields included.
 * @throws EventError `EEVENTTYPE`, `EEVENTBODY`
 */
export function validateBody<T extends EventType>(type: T, body: unknown): EventBody<T> {
  const result = entryOf(type).body.safeParse(body);
  if (result.success) return result.data as EventBody<T>;
  const issue = result.error.issues[0];
  const where = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
  throw new EventError('EEVENTBODY', `${type}: ${issue?.message ?? 'invalid body'}${where}`, {
    cause: result.error,
  });
}

/**
 * Brings a stored body up to the current schema of its type and checks it. What is stored stays as it is:
 * the hash is of the bytes as written.
 * @throws EventError `EEVENTTYPE`, `EEVENTSCHEMA`, `EEVENTBODY`
 */
export function upcast(type: string, schema: number, body: unknown): EventBody<EventType> {
  const entry = entryOf(type);
  const current = entry.upcasts.length + 1;
  if (!Number.isInteger(schema) || schema < 1 || schema > current) {
    throw new EventError('EEVENTSCHEMA', `${type}: schema ${schema} is not one of 1 to ${current}`);
  }
  const lifted = entry.upcasts.slice(schema - 1).reduce((value, step) => step(value), body);
  return validateBody(type as EventType, lifted);
}
