import { LfsbError } from '../../errors/index.ts';
import { readBorder } from '../../log/head.ts';
import { segmentKey } from '../../log/seal/keys.ts';
import { type OpenedSegment, openSegment, SEGMENT_UNFOLDED_BYTES_MAX } from '../../log/seal/read-segment.ts';
import { type IndexedSegment, segmentsWith } from '../../log/seal/segments.ts';
import type { SealedEvent } from '../../log/seal/write-segment.ts';
import type { Sql } from '../../projections/index.ts';
import { onReplica } from './job-error.ts';
import type { ReplicaSet } from './replica-set.ts';

/** Events read from the log at once. */
const SOURCE_PAGE_EVENTS = 500;

/** Reads segments from replicas, proven against the index. The last one stays open: a reader goes on in it. */
export class SegmentReader {
  readonly #replicas: ReplicaSet;
  #last: { readonly key: string; readonly opened: OpenedSegment } | null = null;

  constructor(replicas: ReplicaSet) {
    this.#replicas = replicas;
  }

  /** @throws LfsbError `ECORRUPT`; JobError for a replica that does not give it */
  async open(segment: IndexedSegment): Promise<OpenedSegment> {
    const key = `${segment.replica}:${segment.lastSeq}`;
    if (this.#last?.key === key) return this.#last.opened;
    const opened = await openSegment(await this.#fetch(segment), segment);
    this.#last = { key, opened };
    return opened;
  }

  #fetch({ replica, firstSeq, lastSeq }: IndexedSegment): Promise<Buffer> {
    return onReplica(replica, async () => {
      const body = await (await this.#replicas.get(replica)).get(segmentKey(firstSeq, lastSeq));
      if (body.sizeBytes > SEGMENT_UNFOLDED_BYTES_MAX) {
        await body.cancel();
        throw new LfsbError('ECORRUPT', `segment ${firstSeq}-${lastSeq} has ${body.sizeBytes} bytes`);
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
  }
}

/**
 * The events after a sequence number, wherever they are: in the log, or, where they have left it, on a replica
 * other than the one that they are for.
 */
export async function* eventsAfter(
  sql: Sql,
  segments: SegmentReader,
  after: number,
  replica: string,
): AsyncGenerator<SealedEvent> {
  for (let seen = after; ; ) {
    const rows = localAfter(sql, seen);
    if (rows === null) {
      for (const event of await archivedAfter(sql, segments, seen, replica)) {
        seen = event.seq;
        yield event;
      }
      continue;
    }
    for (const row of rows) yield row;
    seen = rows.at(-1)?.seq ?? seen;
    if (rows.length < SOURCE_PAGE_EVENTS) return;
  }
}

/** Null where the next ones have left. */
function localAfter(sql: Sql, seq: number): SealedEvent[] | null {
  sql.run('BEGIN');
  try {
    if (readBorder(sql).seq > seq) return null;
    return sql.all<SealedEvent & Record<string, never>>(
      'SELECT seq, CAST(canonical AS BLOB) AS bytes, hash FROM event NOT INDEXED WHERE seq > ? ORDER BY seq LIMIT ?',
      seq,
      SOURCE_PAGE_EVENTS,
    );
  } finally {
    sql.run('COMMIT');
  }
}

async function archivedAfter(
  sql: Sql,
  segments: SegmentReader,
  seq: number,
  replica: string,
): Promise<SealedEvent[]> {
  const places = segmentsWith(sql, seq + 1).filter((segment) => segment.replica !== replica);
  let failure: unknown = new LfsbError('EUNAVAILABLE', `event ${seq + 1} is on no other replica`);
  for (const segment of places) {
    try {
      const { events } = await segments.open(segment);
      return events.filter((event) => event.seq > seq);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
