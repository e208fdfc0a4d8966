import type { Head } from '../events/chain.ts';
import { recordEvent } from '../events/envelope.ts';
import type { Actor, EventDraft, RecordedEvent } from '../events/event.ts';
import { VersionConflictError } from './errors.ts';
import { readHead } from './head.ts';
import type { SqlConnection } from './sql.ts';
import { streamVersion } from './stream-version.ts';

/** Events of one append: a decision has a handful, so more than this is a mistake. */
export const EVENTS_PER_APPEND_MAX = 1_000;

/** Streams whose version is kept in memory; the one least recently read in goes first. */
export const STREAM_VERSIONS_CACHED_MAX = 10_000;

const INSERT = 'INSERT INTO event (seq, canonical, digest, hash) VALUES (?, ?, ?, ?)';

/** When (ms) and by whom. */
export interface AppendMeta {
  readonly time: number;
  readonly actor: Actor;
}

export interface StoreHooks {
  /** Called for each event in the transaction that appends it. A throw refuses the append. */
  apply(event: RecordedEvent): void;
}

/** A point to go back to together with an SQLite savepoint. */
export interface StoreMark {
  readonly head: Head | undefined;
  readonly touched: number;
}

/**
 * The append side of the log, on the one connection that writes it. Head and versions are remembered; so
 * whoever rolls back, in part or in whole, says so by `rollBackTo` or `reset` (`Transactions` does).
 */
export class EventStore {
  readonly #sql: SqlConnection;
  readonly #hooks: StoreHooks;
  readonly #versions = new Map<string, number>();
  /** Streams appended to since the transaction began: what a rollback makes uncertain. */
  readonly #touched: string[] = [];
  #head: Head | undefined;

  constructor(sql: SqlConnection, hooks: StoreHooks) {
    this.#sql = sql;
    this.#hooks = hooks;
  }

  /** The last event's sequence number (0 for none) and hash. */
  head(): Head {
    this.#head ??= readHead(this.#sql);
    return this.#head;
  }

  /** How many events the stream has; 0 when it does not exist. */
  version(stream: string): number {
    const known = this.#versions.get(stream);
    if (known !== undefined) return known;
    const version = streamVersion(this.#sql, stream);
    this.#remember(stream, version);
    return version;
  }

  /**
   * Appends to a stream, inside the caller's transaction, and lets the projections follow.
   *
   * @param expectedVersion the version the decision was made on; 0 when the stream must not exist
   * @throws VersionConflictError when the stream has moved on; EventError when a draft is invalid. After any
   *   throw the caller rolls back to where it was before.
   */
  append(
    stream: string,
    expectedVersion: number,
    drafts: readonly EventDraft[],
    meta: AppendMeta,
  ): RecordedEvent[] {
    if (!this.#sql.inTransaction) throw new Error('an append needs a transaction');
    if (drafts.length > EVENTS_PER_APPEND_MAX) {
      throw new RangeError(`${drafts.length} events in one append, the limit is ${EVENTS_PER_APPEND_MAX}`);
    }
    const version = this.version(stream);
    if (version !== expectedVersion) throw new VersionConflictError(stream, expectedVersion, version);
    return drafts.map((draft, index) => this.#appendOne(stream, version + index + 1, draft, meta));
  }

  #appendOne(stream: string, version: number, draft: EventDraft, meta: AppendMeta): RecordedEvent {
    const { seq, hash } = this.head();
    const place = { seq: seq + 1, stream, version, time: meta.time, actor: meta.actor, previousHash: hash };
    const event = recordEvent(draft, place);
    this.#sql.run(INSERT, event.seq, event.canonical, event.digest, event.hash);
    this.#head = { seq: event.seq, hash: event.hash };
    this.#touched.push(stream);
    this.#remember(stream, version);
    this.#hooks.apply(event);
    return event;
  }

  /** Where the store is now: taken when a savepoint is opened. */
  mark(): StoreMark {
    return { head: this.#head, touched: this.#touched.length };
  }

  /** Forgets what came after a mark: called after the savepoint's rollback. */
  rollBackTo(mark: StoreMark): void {
    for (const stream of this.#touched.splice(mark.touched)) this.#versions.delete(stream);
    this.#head = mark.head;
  }

  /** Everything so far is committed: there is nothing left to take back. */
  committed(): void {
    this.#touched.length = 0;
  }

  /** Forgets everything: called after a transaction was rolled back, or may have been. */
  reset(): void {
    this.#touched.length = 0;
    this.#versions.clear();
    this.#head = undefined;
  }

  #remember(stream: string, version: number): void {
    this.#versions.set(stream, version);
    if (this.#versions.size <= STREAM_VERSIONS_CACHED_MAX) return;
    const oldest = this.#versions.keys().next();
    if (!oldest.done) this.#versions.delete(oldest.value);
  }
}
