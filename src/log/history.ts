import { setImmediate as nextTurn } from 'node:timers/promises';
import { LfsbError } from '../errors/index.ts';
import type { Head } from '../events/chain.ts';
import { readEvent } from '../events/envelope.ts';
import { readBorder } from './head.ts';
import type { LogQuery } from './query.ts';
import { type LogPage, LogReader, PAGE_EVENTS } from './reader.ts';
import type { Archive, ArchivePage, ArchiveRequest } from './seal/archive.ts';
import { type IndexedSegment, nextSegment, segmentsWith } from './seal/segments.ts';
import type { SqlConnection } from './sql.ts';
import type { StoredLogEvent } from './stored-event.ts';

/** Looks along the index of segments that one page takes at most. */
const LOOKS_MAX = 40;

/** A page of events as they are stored, and the last one looked at; null when there was nothing behind it. */
export interface StoredPage {
  readonly events: readonly StoredLogEvent[];
  readonly passed: number | null;
}

/**
 * Reads the whole log: what is in the data directory from there, and what has left it from the segments of a
 * replica. Who reads does not notice where the border is, but for the time it takes.
 */
export class LogHistory {
  readonly #sql: SqlConnection;
  readonly #reader: LogReader;
  readonly #archive: Archive;

  constructor(sql: SqlConnection, archive: Archive) {
    this.#sql = sql;
    this.#reader = new LogReader(sql);
    this.#archive = archive;
  }

  /** The last event's sequence number (0 for none) and hash. */
  head(): Head {
    return this.#reader.head();
  }

  /**
   * The next page of a query, in the log's own order: it goes on `after` (descending: `before`) the number it
   * passed. A page may be empty: it was looked through and nothing in it matched.
   * @throws EventError when a stored event is not one the catalogue allows; LfsbError `EUNAVAILABLE`, `ECORRUPT`
   *   when no replica gives events that have left
   */
  async page(query: LogQuery): Promise<LogPage> {
    const { border, page } = this.#local(query);
    if (page !== null) return page;
    const { events, passed } = await this.#fromArchive(query, border, query);
    return { events: events.map(readEvent), passed };
  }

  /** Events as they are stored, after a number, whatever is wrong with them; at most a page. */
  async stored(after: number, limit: number): Promise<StoredPage> {
    const { border, rows } = this.#atOneInstant((seq) => ({
      border: seq,
      rows: after >= seq ? this.#reader.stored(after, limit) : null,
    }));
    if (rows === null) return this.#fromArchive({ after, limit }, border, null);
    const wanted = Math.min(limit, PAGE_EVENTS);
    return { events: rows, passed: rows.length === wanted ? (rows.at(-1)?.seq ?? null) : null };
  }

  /** A page from the data directory, or null where the query has first to go through what has left. */
  #local(query: LogQuery): { readonly border: number; readonly page: LogPage | null } {
    return this.#atOneInstant((border) => {
      const after = query.after ?? 0;
      const before = query.before ?? Number.POSITIVE_INFINITY;
      if (query.order !== 'descending')
        return { border, page: after >= border ? this.#reader.page(query) : null };
      if (before <= border + 1) return { border, page: null };
      const page = this.#reader.page(query);
      const isEnd = page.passed === null && after < border;
      return { border, page: isEnd ? { events: page.events, passed: border + 1 } : page };
    });
  }

  /** Events may leave between two statements, not within one transaction. */
  #atOneInstant<T>(read: (border: number) => T): T {
    this.#sql.run('BEGIN');
    try {
      return read(readBorder(this.#sql).seq);
    } finally {
      this.#sql.run('COMMIT');
    }
  }

  async #fromArchive(range: LogQuery, border: number, query: LogQuery | null): Promise<StoredPage> {
    const isBack = range.order === 'descending';
    const after = range.after ?? 0;
    const before = Math.min(range.before ?? Number.MAX_SAFE_INTEGER, border + 1);
    let at = isBack ? before - 1 : after + 1;
    for (let looks = 0; looks < LOOKS_MAX && at > after && at < before; looks++) {
      const looked = nextSegment(this.#sql, at, query ?? (isBack ? { order: 'descending' } : {}));
      if (looked.kind === 'unknown') throw unknown(at);
      if (looked.kind === 'read') {
        const { segment } = looked;
        const limit = Math.min(range.limit ?? PAGE_EVENTS, PAGE_EVENTS);
        const page = await this.#read(at, { segment, query, after, before, isBack, limit });
        return { events: page.events, passed: this.#passed(page.passed, range, border) };
      }
      at = isBack ? looked.seq - 1 : looked.seq + 1;
      await nextTurn();
    }
    return { events: [], passed: this.#passed(isBack ? at + 1 : at - 1, range, border) };
  }

  /** Null where nothing can follow. */
  #passed(
    seq: number,
    { after = 0, before = Number.POSITIVE_INFINITY, order }: LogQuery,
    border: number,
  ): number | null {
    if (order === 'descending') return seq <= after + 1 ? null : seq;
    return seq >= before - 1 ? null : Math.min(seq, border);
  }

  /** From the first replica that gives it whole. */
  async #read(at: number, request: ArchiveRequest): Promise<ArchivePage> {
    const { segment } = request;
    const others = segmentsWith(this.#sql, Math.min(Math.max(at, segment.firstSeq), segment.lastSeq)).filter(
      ({ replica }) => replica !== segment.replica,
    );
    const failures: unknown[] = [];
    for (const each of [segment, ...others]) {
      try {
        return await this.#archive.read({ ...request, segment: each });
      } catch (error) {
        failures.push(error);
      }
    }
    throw unreadable(segment, failures);
  }
}

const unknown = (seq: number): LfsbError =>
  new LfsbError('EUNAVAILABLE', `event ${seq} is on no replica of the configuration`);

function unreadable({ firstSeq, lastSeq }: IndexedSegment, failures: readonly unknown[]): LfsbError {
  const isDamaged = failures.some((error) => (error as { code?: unknown }).code === 'ECORRUPT');
  const why = failures.map((error) => (error instanceof Error ? error.message : String(error))).join('; ');
  const message = `events ${firstSeq} to ${lastSeq} are on replicas only, and cannot be read: ${why}`;
  return new LfsbError(isDamaged ? 'ECORRUPT' : 'EUNAVAILABLE', message, { cause: failures[0] });
}
