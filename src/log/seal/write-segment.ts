import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { LfsbError } from '../../errors/index.ts';
// Not the index: its schemas would take 9 MB of each thread that seals.
import { canonicalize } from '../../events/canonical.ts';
import { chainHash, type Head } from '../../events/chain.ts';
import { bytesEqual } from '../bytes.ts';
import { filterOf, keysOfEvent } from './key-filter.ts';
import type { SealingLimits } from './limits.ts';
import type { SegmentFacts } from './segment-facts.ts';

/** Names the form of a segment in its first line. Format. */
export const SEGMENT_FORMAT = 'lfsb.log.v1';

/** An event as it lies in the log: its text as UTF-8, and the hash that is stored with it. */
export interface SealedEvent {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

const LINE_END = Buffer.from('\n');

/** Puts a segment together, event by event, and proves the chain on the way: what is damaged is not sealed. */
export class SegmentWriter {
  readonly #previous: Head;
  readonly #limits: Pick<SealingLimits, 'segmentEventsMax' | 'segmentTextBytesMax'>;
  readonly #lines: Uint8Array[] = [];
  readonly #keys = new Set<string>();
  #head: Head;
  #textBytes = 0;
  #timeMin = Number.POSITIVE_INFINITY;
  #timeMax = Number.NEGATIVE_INFINITY;

  /** @param previous where the log's segment before this one ends */
  constructor(previous: Head, limits: Pick<SealingLimits, 'segmentEventsMax' | 'segmentTextBytesMax'>) {
    this.#previous = previous;
    this.#head = previous;
    this.#limits = limits;
  }

  /** Whether an event of so many bytes has room. */
  hasRoomFor(bytes: number): boolean {
    const { segmentEventsMax, segmentTextBytesMax } = this.#limits;
    if (this.#lines.length === 0) return true;
    return (
      this.#head.seq - this.#previous.seq < segmentEventsMax && this.#textBytes + bytes <= segmentTextBytesMax
    );
  }

  /** @throws LfsbError `ECORRUPT` when it is not the next event of the chain */
  add({ seq, bytes, hash }: SealedEvent): void {
    const digest = createHash('sha256').update(bytes).digest();
    const follows = seq === this.#head.seq + 1 && bytesEqual(chainHash(this.#head.hash, digest), hash);
    if (!follows) {
      const hint = 'lfsb log verify names the first event that is not right';
      throw new LfsbError('ECORRUPT', `event ${seq} does not follow ${this.#head.seq}: it is not sealed`, {
        hint,
      });
    }
    const event = JSON.parse(Buffer.from(bytes).toString('utf8'));
    for (const key of keysOfEvent(event)) this.#keys.add(key);
    this.#timeMin = Math.min(this.#timeMin, event.time);
    this.#timeMax = Math.max(this.#timeMax, event.time);
    this.#lines.push(bytes, LINE_END);
    this.#textBytes += bytes.byteLength;
    this.#head = { seq, hash };
  }

  /** The segment as it is stored. It has at least one event. */
  async finish(): Promise<{ readonly facts: SegmentFacts; readonly object: Buffer }> {
    const facts: SegmentFacts = {
      firstSeq: this.#previous.seq + 1,
      lastSeq: this.#head.seq,
      previous: this.#previous.hash,
      hash: this.#head.hash,
      timeMin: this.#timeMin,
      timeMax: this.#timeMax,
      textBytes: this.#textBytes,
      keys: filterOf(this.#keys),
    };
    if (facts.lastSeq < facts.firstSeq) throw new Error('a segment without events');
    const object = await promisify(gzip)(Buffer.concat([headerOf(this.#previous), ...this.#lines]));
    return { facts, object };
  }
}

/** The first line: where the chain goes on from. Format. */
function headerOf({ seq, hash }: Head): Buffer {
  const previous = Buffer.from(hash).toString('hex');
  return Buffer.from(`${canonicalize({ first: seq + 1, format: SEGMENT_FORMAT, previous })}\n`);
}
