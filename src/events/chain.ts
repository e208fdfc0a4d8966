import { createHash } from 'node:crypto';

/** Bytes of a digest and of a hash. */
export const HASH_BYTES = 32;

/** What the first event is chained to. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

const DOMAIN = Buffer.from('lfsb.event.v1\0', 'latin1');

/** The end of a log: the last event's sequence number (0 for none) and hash. */
export interface Head {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** SHA-256 of an event's canonical text, as the UTF-8 bytes that are stored. */
export const digestOf = (canonical: string): Uint8Array =>
  createHash('sha256').update(canonical, 'utf8').digest();

/** SHA-256 over the domain, the previous event's hash and this event's digest. */
export function chainHash(previous: Uint8Array, digest: Uint8Array): Uint8Array {
  if (previous.length !== HASH_BYTES || digest.length !== HASH_BYTES) {
    throw new RangeError(`a hash has ${HASH_BYTES} bytes`);
  }
  return createHash('sha256').update(DOMAIN).update(previous).update(digest).digest();
}

/** `seq:hash`, as it goes into object metadata (`Log-Head`) and answers. */
export const formatHead = (head: Head): string => `${head.seq}:${Buffer.from(head.hash).toString('hex')}`;

/** Reads `seq:hash`; undefined when it is not one. */
export function parseHead(text: string): Head | undefined {
  const match = /^(0|[1-9][0-9]{0,15}):([0-9a-f]{64})$/.exec(text);
  if (!match?.[1] || !match[2] || !Number.isSafeInteger(Number(match[1]))) return undefined;
  return { seq: Number(match[1]), hash: new Uint8Array(Buffer.from(match[2], 'hex')) };
}
