import type { Head } from '../events/chain.ts';
import { readEvent, type StoredEvent } from '../events/envelope.ts';
import type { RecordedEvent } from '../events/event.ts';
import { openReadOnly } from './connection.ts';
import { readHead } from './head.ts';
import { accessPath, type LogQuery, matches, pageStatement, pathBehind } from './query.ts';
import type { SqlConnection } from './sql.ts';
import type { StoredLogEvent } from './stored-event.ts';

export type { LogQuery } from './query.ts';

/** Events read by one statement. */
export const PAGE_EVENTS = 500;

/** A page of events that match, and the last one looked at; null when there was nothing behind it. */
export interface LogPage {
  readonly events: readonly RecordedEvent[];
  readonly passed: number | null;
}

/**
 * Reads the log that is in the data directory, a page of events at a time: no statement is open between two pages, so a slow caller holds
 * nothing back, and what is appended meanwhile is seen.
 */
export class LogReader {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  /** A reader on a read-only connection of its own; `close` it. */
  static open(path: string): LogReader {
    return new LogReader(openReadOnly(path));
  }

  close(): void {
    this.#sql.db.close();
  }

  /** The last event's sequence number (0 for none) and hash. */
  head(): Head {
    return readHead(this.#sql);
  }

  /** The event with this sequence number, or undefined. */
  event(seq: number): RecordedEvent | undefined {
    const [row] = this.#sql.all<StoredEvent>(
      'SELECT seq, canonical, digest, hash FROM event WHERE seq = ?',
      seq,
    );
    return row && readEvent(row);
  }

  /**
   * The next page of a query in the log's own order, by one statement: it goes on `after` (descending: `before`)
   * the number it passed. Not for a query of one stream.
   * @throws EventError when a stored event is not one the catalogue allows
   */
  page(query: LogQuery): LogPage {
    const path = accessPath(this.#sql, query);
    if (path === undefined) return { events: [], passed: null };
    const { text, params } = pageStatement(path, PAGE_EVENTS);
    const looked = this.#sql.all<StoredEvent>(text, ...params).map(readEvent);
    const passed = looked.length === PAGE_EVENTS ? (looked.at(-1)?.seq ?? null) : null;
    return { events: looked.filter((event) => matches(query, event)), passed };
  }

  /** Events as they are stored, after a number, whatever is wrong with them; at most a page. */
  stored(after: number, limit: number): StoredLogEvent[] {
    return this.#sql.all<StoredLogEvent>(
      'SELECT seq, canonical, digest, hash FROM event NOT INDEXED WHERE seq > ? ORDER BY seq LIMIT ?',
      after,
      Math.min(limit, PAGE_EVENTS),
    );
  }

  /**
   * The events that a query asks for, one after the other.
   * @throws EventError when a stored event is not one the catalogue allows
   */
  *read(query: LogQuery): Generator<RecordedEvent, void> {
    for (const page of this.pages(query)) yield* page;
  }

  /**
   * The same in pages of at most `PAGE_EVENTS`. A page may be empty: it was looked through and nothing in it
   * matched; a caller that must not hold up its thread waits between two.
   */
  *pages(query: LogQuery): Generator<RecordedEvent[], void> {
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let path = accessPath(this.#sql, query);
    while (path !== undefined && left > 0) {
      const { text, params } = pageStatement(path, PAGE_EVENTS);
      const events = this.#sql.all<StoredEvent>(text, ...params).map(readEvent);
      const page = events.filter((event) => matches(query, event)).slice(0, left);
      left -= page.length;
      yield page;
      const last = events.at(-1);
      path = last !== undefined && events.length === PAGE_EVENTS ? pathBehind(path, last) : undefined;
    }
  }
}
