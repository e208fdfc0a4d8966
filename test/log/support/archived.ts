import { LfsbError } from '../../../src/errors/index.ts';
import type { Archive, ArchivePage, ArchiveRequest, Log } from '../../../src/log/index.ts';
import { selectFrom } from '../../../src/log/seal/archive.ts';
import { configurePlaces, placeOf } from '../../../src/log/seal/places.ts';
import { openSegment } from '../../../src/log/seal/read-segment.ts';
import { recordSegment } from '../../../src/log/seal/segments.ts';
import { type SealedEvent, SegmentWriter } from '../../../src/log/seal/write-segment.ts';
import { trim } from '../../../src/log/trim.ts';
import { checkpoint } from './seal.ts';

const NO_LIMITS = {
  segmentEventsMax: Number.POSITIVE_INFINITY,
  segmentTextBytesMax: Number.POSITIVE_INFINITY,
};

/** A whole log on two replicas in memory, cut after the events (counted from 0) that each replica's list names. */
export class Archived implements Archive {
  /** Which segments were read: replica and first event. */
  readonly reads: [string, number][] = [];
  /** Replicas that do not give theirs, and the code they fail with. */
  readonly broken = new Map<string, 'EUNAVAILABLE' | 'ECORRUPT'>();
  readonly #log: Log;
  readonly #objects = new Map<string, Buffer>();

  private constructor(log: Log) {
    this.#log = log;
  }

  static async of(
    log: Log,
    cuts: { readonly one: readonly number[]; readonly two: readonly number[] },
  ): Promise<Archived> {
    const archived = new Archived(log);
    configurePlaces(log.sql, [
      { name: 'one', required: true },
      { name: 'two', required: false },
    ]);
    await archived.#cut('one', cuts.one);
    await archived.#cut('two', cuts.two);
    return archived;
  }

  /** Has the events up to one leave the log. */
  leave(through: number): void {
    if (through === 0) return;
    checkpoint(this.#log, 'one', through);
    this.#log.sql.run('INSERT INTO log_base SELECT seq, hash, 1 FROM event WHERE seq = ?', through);
    while (trim(this.#log.sql, through));
  }

  async read(request: ArchiveRequest): Promise<ArchivePage> {
    const { segment } = request;
    const code = this.broken.get(segment.replica);
    if (code !== undefined) throw new LfsbError(code, `${segment.replica} fails`);
    this.reads.push([segment.replica, segment.firstSeq]);
    const object = this.#objects.get(`${segment.replica}:${segment.firstSeq}`)!;
    return selectFrom(await openSegment(object, segment), request);
  }

  async #cut(replica: string, cuts: readonly number[]): Promise<void> {
    const rows = this.#log.sql.all<SealedEvent & Record<string, never>>(
      'SELECT seq, CAST(canonical AS BLOB) AS bytes, hash FROM event ORDER BY seq',
    );
    let writer = new SegmentWriter({ seq: 0, hash: new Uint8Array(32) }, NO_LIMITS);
    for (const [at, row] of rows.entries()) {
      writer.add(row);
      if (!cuts.includes(at) && at !== rows.length - 1) continue;
      const { facts, object } = await writer.finish();
      recordSegment(this.#log.sql, placeOf(this.#log.sql, replica)!, facts, 1);
      this.#objects.set(`${replica}:${facts.firstSeq}`, object);
      writer = new SegmentWriter({ seq: facts.lastSeq, hash: facts.hash }, NO_LIMITS);
    }
  }
}
