import { createHash } from 'node:crypto';
import type { LogHead, LogProof } from './types.ts';

/**
 * The chain of hashes, written anew from the format's description and not shared with the server's code: a mistake
 * there would otherwise prove itself right.
 */
const DOMAIN = Buffer.from('lfsb.event.v1\0', 'latin1');

/** What the first event is chained to. */
export const FIRST_LINK: LogHead = { seq: 0, hash: '0'.repeat(64) };

/** The first event that is not right, and what is wrong with it. */
export interface ChainBreak {
  readonly seq: number;
  readonly what: string;
}

const sha256 = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** What is wrong with an event as the link after `previous`; undefined when nothing is. */
export function checkLink(proof: LogProof, previous: LogHead): ChainBreak | undefined {
  const { seq, digest, hash, canonical } = proof;
  const broken = (what: string): ChainBreak => ({ seq, what });
  if (seq !== previous.seq + 1) return { seq: previous.seq + 1, what: 'the event is missing' };
  if (proof.damaged === true || (canonical !== undefined && sha256(canonical) !== digest)) {
    return broken('its text is not the one that was digested');
  }
  const expected = sha256(DOMAIN, Buffer.from(previous.hash, 'hex'), Buffer.from(digest, 'hex'));
  if (expected !== hash) return broken('its hash does not follow from the event before');
  if (canonical !== undefined && seqOf(canonical) !== seq) return broken('its text has another number');
  return undefined;
}

function seqOf(canonical: string): unknown {
  try {
    return (JSON.parse(canonical) as { seq?: unknown }).seq;
  } catch {
    return undefined;
  }
}
