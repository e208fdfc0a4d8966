import { z } from 'zod';
import { canonicalize } from './canonical.ts';
import { type EventBody, type EventType, schemaVersion, upcast, validateBody } from './catalogue.ts';
import { chainHash, digestOf } from './chain.ts';
import { EventError } from './errors.ts';
import type { Actor, EventDraft, RecordedEvent } from './event.ts';

const label = z.string().min(1).max(256);

const actorSchema = z.strictObject({
  cluster: label.nullable(),
  token: label,
  address: label.nullable(),
  request: label.nullable(),
});

const envelopeSchema = z.strictObject({
  seq: z.int().min(1),
  stream: z.string().min(1).max(512),
  version: z.int().min(1),
  type: label,
  schema: z.int().min(1),
  time: z.int(),
  actor: actorSchema,
  body: z.unknown(),
});

/** What the canonical text says, its body as it was written. */
export type Envelope = z.infer<typeof envelopeSchema>;

/** Where a new event goes, and who caused it when (ms). */
export interface Place {
  readonly seq: number;
  readonly stream: string;
  readonly version: number;
  readonly time: number;
  readonly actor: Actor;
  readonly previousHash: Uint8Array;
}

/** An event as it is stored: the text that is hashed, and its two hashes (32 bytes each). */
export interface StoredEvent {
  readonly canonical: string;
  readonly digest: Uint8Array;
  readonly hash: Uint8Array;
}

const invalid = (what: string, cause: unknown): EventError =>
  new EventError('EEVENTBODY', `the event's ${what} is invalid`, { cause });

/**
 * Gives a draft its place in the log: checks it, writes it canonically and chains it.
 * @throws EventError when the body, the actor or the place is not what the catalogue allows
 */
export function recordEvent(draft: EventDraft, place: Place): RecordedEvent {
  const body = validateBody(draft.type, draft.body);
  const envelope = envelopeSchema.safeParse({
    seq: place.seq,
    stream: place.stream,
    version: place.version,
    type: draft.type,
    schema: schemaVersion(draft.type),
    time: place.time,
    actor: place.actor,
    body,
  });
  if (!envelope.success) throw invalid('envelope', envelope.error);
  const canonical = canonicalize(envelope.data);
  const digest = digestOf(canonical);
  const hash = chainHash(place.previousHash, digest);
  return recorded(envelope.data, draft.type, body, { canonical, digest, hash });
}

/**
 * Reads the canonical text of an event, its body as written.
 * @throws EventError `EEVENTBODY` when it is not an event
 */
export function parseEnvelope(canonical: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(canonical);
  } catch (cause) {
    throw invalid('text', cause);
  }
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) throw invalid('envelope', envelope.error);
  return envelope.data;
}

/**
 * Reads a stored event: its body is brought up to the current schema and checked. Hashes are taken as they
 * are: whether they fit is for verification to say.
 * @throws EventError for a text, type, schema or body that the catalogue does not allow
 */
export function readEvent(stored: StoredEvent): RecordedEvent {
  const envelope = parseEnvelope(stored.canonical);
  const body = upcast(envelope.type, envelope.schema, envelope.body);
  return recorded(envelope, envelope.type as EventType, body, stored);
}

function recorded(
  envelope: Envelope,
  type: EventType,
  body: EventBody<EventType>,
  stored: StoredEvent,
): RecordedEvent {
  return {
    seq: envelope.seq,
    stream: envelope.stream,
    version: envelope.version,
    type,
    schema: envelope.schema,
    time: envelope.time,
    actor: envelope.actor,
    body,
    digest: stored.digest,
    hash: stored.hash,
    canonical: stored.canonical,
    // The catalogue has just tied the body to its type; the compiler cannot follow that over a union.
  } as RecordedEvent;
}
