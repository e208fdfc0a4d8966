import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { LfsbError } from '../../errors/index.ts';
import { chainHash, type Head } from '../../events/chain.ts';
import { bytesEqual } from '../bytes.ts';
import type { SegmentBounds } from './segment-facts.ts';
import { SEGMENT_FORMAT } from './write-segment.ts';

/** What a segment may unfold to, bytes: several times what one is cut at. */
export const SEGMENT_UNFOLDED_BYTES_MAX = 64 * 1024 ** 2;

/** An event of a segment: its text as UTF-8, and its two hashes. */
export interface SegmentEvent {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
  readonly hash: Uint8Array;
}

/** The events of one segment, in order, each the link after the one before. */
export interface OpenedSegment {
  readonly previous: Head;
  readonly events: readonly SegmentEvent[];
}

/**
 * Opens a segment and proves its chain from its first line on.
 * @param bounds what it has to be; without them it is held to itself alone
 * @throws LfsbError `ECORRUPT`
 */
export async function openSegment(object: Uint8Array, bounds?: SegmentBounds): Promise<OpenedSegment> {
  let text: Buffer;
  try {
    text = await promisify(gunzip)(object, { maxOutputLength: SEGMENT_UNFOLDED_BYTES_MAX });
  } catch (cause) {
    throw corrupt(bounds, 'it cannot be unfolded', cause);
  }
  const lines = linesOf(text);
  const previous = readHeader(lines.shift(), bounds);
  const events: SegmentEvent[] = [];
  let head = previous;
  for (const bytes of lines) {
    const digest = createHash('sha256').update(bytes).digest();
    head = { seq: head.seq + 1, hash: chainHash(head.hash, digest) };
    events.push({ seq: head.seq, bytes, digest, hash: head.hash });
  }
  if (bounds !== undefined) {
    if (head.seq !== bounds.lastSeq) throw corrupt(bounds, `it ends at ${head.seq}`);
    if (!bytesEqual(head.hash, bounds.hash)) throw corrupt(bounds, "its hash is not the log's");
  }
  return { previous, events };
}

function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < text.byteLength; ) {
    const end = text.indexOf(0x0a, from);
    // A line without an end is one too many: its hash then fits nothing.
    lines.push(text.subarray(from, end === -1 ? text.byteLength : end));
    from = end === -1 ? text.byteLength : end + 1;
  }
  return lines;
}

function readHeader(line: Buffer | undefined, bounds: SegmentBounds | undefined): Head {
  let header: { first?: unknown; format?: unknown; previous?: unknown };
  try {
    header = JSON.parse(line?.toString('utf8') ?? '');
  } catch (cause) {
    throw corrupt(bounds, 'its first line cannot be read', cause);
  }
  const { first, format, previous } = Object(header);
  if (format !== SEGMENT_FORMAT || !Number.isSafeInteger(first) || !/^[0-9a-f]{64}$/.test(String(previous))) {
    throw corrupt(bounds, `its first line is not of ${SEGMENT_FORMAT}`);
  }
  const hash = new Uint8Array(Buffer.from(String(previous), 'hex'));
  if (bounds !== undefined && (first !== bounds.firstSeq || !bytesEqual(hash, bounds.previous))) {
    throw corrupt(bounds, 'it does not go on from the one before');
  }
  return { seq: Number(first) - 1, hash };
}

function corrupt(bounds: SegmentBounds | undefined, why: string, cause?: unknown): LfsbError {
  const which =
    bounds === undefined ? 'a segment of the log' : `segment ${bounds.firstSeq}-${bounds.lastSeq}`;
  return new LfsbError('ECORRUPT', `${which} is damaged: ${why}`, { cause });
}
