import { type LogQuery, matches } from '../query.ts';
import type { StoredLogEvent } from '../stored-event.ts';
import type { OpenedSegment, SegmentEvent } from './read-segment.ts';
import type { IndexedSegment } from './segments.ts';

/** Asks for what a segment has between two sequence numbers (exclusive), at most `limit` events of it. */
export interface ArchiveRequest {
  readonly segment: IndexedSegment;
  /** Null: every event, as it is stored. */
  readonly query: LogQuery | null;
  readonly after: number;
  readonly before: number;
  readonly isBack: boolean;
  readonly limit: number;
}

/** Events, and the last one that was looked at. */
export interface ArchivePage {
  readonly events: readonly StoredLogEvent[];
  readonly passed: number;
}

/** Where events are that have left the data directory. */
export interface Archive {
  /** @throws an error with the code `ECORRUPT` for a damaged segment, or that of a replica that does not give it */
  read(request: ArchiveRequest): Promise<ArchivePage>;
}

/** What a request asks of an opened segment. */
export function selectFrom({ events }: OpenedSegment, request: ArchiveRequest): ArchivePage {
  const { query, after, before, isBack, limit } = request;
  const wanted = events.filter(({ seq }) => seq > after && seq < before);
  if (isBack) wanted.reverse();
  const found: StoredLogEvent[] = [];
  for (const event of wanted) {
    const stored = storedOf(event);
    if (query === null || isAskedFor(query, stored.canonical)) found.push(stored);
    if (found.length === limit) return { events: found, passed: event.seq };
  }
  const { firstSeq, lastSeq } = request.segment;
  return { events: found, passed: isBack ? Math.max(firstSeq, after + 1) : Math.min(lastSeq, before - 1) };
}

const storedOf = ({ seq, bytes, digest, hash }: SegmentEvent): StoredLogEvent => ({
  seq,
  canonical: Buffer.from(bytes).toString('utf8'),
  digest,
  hash,
});

/** What cannot be read is given: the one who asks says what is wrong with it. */
function isAskedFor(query: LogQuery, canonical: string): boolean {
  try {
    return matches(query, JSON.parse(canonical));
  } catch {
    return true;
  }
}
