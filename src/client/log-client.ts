import { setTimeout as sleep } from 'node:timers/promises';
import { readJson } from './answers.ts';
import { type ChainBreak, checkLink, FIRST_LINK } from './chain.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import { eventData } from './sse.ts';
import { transportError } from './transport-errors.ts';
import type { LogEvent, LogFilter, LogHead, LogProof } from './types.ts';

/** Events asked for at once. */
const PAGE_EVENTS = 1_000;

/** A follower that lost its connection tries so often to come back, and waits so long in between, ms. */
const RECONNECTS_MAX = 8;
const RECONNECT_MS = 500;
const RECONNECT_MS_MAX = 8_000;

interface Page<T> {
  readonly events: readonly T[];
  /** Where to go on; null at the end. */
  readonly next: number | null;
}

/** The whole chain is right up to `head`, or where it breaks first. */
export type ChainVerdict =
  | { readonly ok: true; readonly head: LogHead }
  | ({ readonly ok: false } & ChainBreak);

/** The operation log of a server, as one cluster may see it. */
export class LogClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The last event there is. */
  async head(): Promise<LogHead> {
    const response = await this.#connection.open({ method: 'GET', path: '/v1/log/head' });
    return readJson<LogHead>(this.#connection.endpoint, response);
  }

  /** The events after a number, oldest first, page by page. */
  read(filter: LogFilter = {}, after = 0): AsyncGenerator<LogEvent, void> {
    return this.#pages<LogEvent>({ ...queryOf(filter) }, after);
  }

  /** The last events, newest first. */
  latest(filter: LogFilter = {}): AsyncGenerator<LogEvent, void> {
    return this.#pages<LogEvent>({ ...queryOf(filter), order: 'desc' });
  }

  /** One event as it proves itself; undefined where there is none. */
  async proof(seq: number): Promise<LogProof | undefined> {
    const query = { canonical: 'true', after: String(seq - 1), limit: '1' };
    const { events } = await this.#page<LogProof>(query);
    return events[0]?.seq === seq ? events[0] : undefined;
  }

  /**
   * Events as they happen, after a number, until the signal. A lost connection is taken up again where it ended.
   * @throws ClientError when the server stays away
   */
  async *follow(filter: LogFilter, after: number, signal?: AbortSignal): AsyncGenerator<LogEvent, void> {
    let seen = after;
    for (let failures = 0; ; ) {
      try {
        for await (const event of this.#live(filter, seen, signal)) {
          failures = 0;
          seen = event.seq;
          yield event;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof ClientError) || failures >= RECONNECTS_MAX) throw error;
      }
      if (signal?.aborted) return;
      await sleep(Math.min(RECONNECT_MS * 2 ** failures, RECONNECT_MS_MAX));
      failures += 1;
    }
  }

  /**
   * Proves the chain from its first event to the last, as this server shows it.
   * @param onEvent is told of each event that fits
   */
  async verify(onEvent: (head: LogHead) => void = () => undefined): Promise<ChainVerdict> {
    const { seq: last } = await this.head();
    let head = FIRST_LINK;
    for await (const proof of this.#pages<LogProof>({ canonical: 'true' }, 0)) {
      const broken = checkLink(proof, head);
      if (broken !== undefined) return { ok: false, ...broken };
      head = { seq: proof.seq, hash: proof.hash };
      onEvent(head);
    }
    if (head.seq < last) return { ok: false, seq: head.seq + 1, what: 'the event is missing' };
    return { ok: true, head };
  }

  async *#pages<T>(query: Record<string, string | undefined>, after?: number): AsyncGenerator<T, void> {
    const cursor = query['order'] === 'desc' ? 'before' : 'after';
    let next: number | null | undefined = after;
    do {
      const at = next === undefined ? {} : { [cursor]: String(next) };
      const page: Page<T> = await this.#page<T>({ ...query, ...at, limit: String(PAGE_EVENTS) });
      yield* page.events;
      next = page.next;
    } while (next !== null);
  }

  async #page<T>(query: Record<string, string | undefined>): Promise<Page<T>> {
    const response = await this.#connection.open({ method: 'GET', path: '/v1/log', query });
    return readJson<Page<T>>(this.#connection.endpoint, response);
  }

  async *#live(filter: LogFilter, after: number, signal?: AbortSignal): AsyncGenerator<LogEvent, void> {
    const response = await this.#connection.open({
      method: 'GET',
      path: '/v1/log',
      query: queryOf(filter),
      headers: { accept: 'text/event-stream', 'last-event-id': after },
      isEndless: true,
      signal,
    });
    try {
      for await (const data of eventData(response)) yield JSON.parse(data) as LogEvent;
    } catch (error) {
      throw transportError(this.#connection.endpoint, error);
    } finally {
      response.destroy();
    }
  }
}

const queryOf = ({ db, type, actor, since, until }: LogFilter): Record<string, string | undefined> => ({
  db,
  type,
  actor,
  since: since === undefined ? undefined : new Date(since).toISOString(),
  until: until === undefined ? undefined : new Date(until).toISOString(),
});
