import { createHash } from 'node:crypto';
import type { LogQuery } from '../query.ts';

/** Bytes of a filter; within them, one for each key: 2 in 100 segments are then read in vain. */
const FILTER_BYTES_MIN = 16;
const FILTER_BYTES_MAX = 1_024;

/** Bits that stand for one key. */
const BITS_PER_KEY = 4;

/** What the body of an event may say of whom it concerns. */
interface Concerned {
  readonly stream: string;
  readonly type: string;
  readonly body: unknown;
}

/** The keys that an event is found by. */
export function keysOfEvent({ stream, type, body }: Concerned): string[] {
  const { cluster, db } = Object(body) as { cluster?: unknown; db?: unknown };
  return keysOf({
    stream,
    type,
    ...(typeof cluster === 'string' && { cluster }),
    ...(typeof db === 'string' && { db }),
  });
}

/** The keys that all events of a query have. */
export const keysOfQuery = ({ stream, type, cluster, db }: LogQuery): string[] =>
  keysOf({ stream, type, cluster, db });

function keysOf(of: {
  stream?: string | undefined;
  type?: string | undefined;
  cluster?: string | undefined;
  db?: string | undefined;
}): string[] {
  const { stream, type, cluster, db } = of;
  const keys: string[] = [];
  if (stream !== undefined) keys.push(`s:${stream}`);
  if (type !== undefined) keys.push(`t:${type}`);
  if (cluster !== undefined) keys.push(`c:${cluster}`);
  if (cluster !== undefined && db !== undefined) keys.push(`d:${cluster}/${db}`);
  return keys;
}

/** A Bloom filter of keys: what it says is not there is not; what it says is there may not be. */
export function filterOf(keys: ReadonlySet<string>): Uint8Array {
  const size = Math.min(FILTER_BYTES_MAX, Math.max(FILTER_BYTES_MIN, keys.size));
  const filter = new Uint8Array(size);
  for (const key of keys) {
    for (const bit of bitsOf(key, size)) filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  return filter;
}

/** Whether all keys may be among those that the filter was made of. */
export const mayHoldAll = (filter: Uint8Array, keys: readonly string[]): boolean =>
  keys.every((key) =>
    bitsOf(key, filter.byteLength).every((bit) => ((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0),
  );

function bitsOf(key: string, sizeBytes: number): number[] {
  const digest = createHash('sha256').update(key).digest();
  return Array.from({ length: BITS_PER_KEY }, (_, at) => digest.readUInt32BE(at * 4) % (sizeBytes * 8));
}
