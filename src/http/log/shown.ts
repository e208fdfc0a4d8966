import { digestOf, type RecordedEvent } from '../../events/index.ts';
import type { StoredLogEvent } from '../../log/index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** An event as it is shown, without the text that was hashed. */
export function shown({ canonical: _, digest, hash, ...event }: RecordedEvent): object {
  return { ...event, digest: hex(digest), hash: hex(hash) };
}

/** True for an event that a cluster may see: its own, and those that belong to none. */
export const isVisible = (body: unknown, cluster: string): boolean => {
  const owner = (Object(body) as { cluster?: unknown }).cluster;
  return owner === undefined || owner === cluster;
};

/**
 * An event as it proves itself. One that is not to be seen, or whose owner cannot be told, is its digest alone: the
 * server then says whether the text still has it, because nobody else can.
 */
export function proofOf({ seq, canonical, digest, hash }: StoredLogEvent, cluster: string): object {
  const proof = { seq, digest: hex(digest), hash: hex(hash) };
  if (isVisible(bodyOf(canonical), cluster)) return { ...proof, canonical };
  return hex(digestOf(canonical)) === proof.digest ? proof : { ...proof, damaged: true };
}

/** The body of an event; of a text that is none, something that nobody owns who asks. */
function bodyOf(canonical: string): unknown {
  try {
    return (JSON.parse(canonical) as { body?: unknown }).body;
  } catch {
    return { cluster: null };
  }
}
