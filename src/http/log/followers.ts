import type { ServerResponse } from 'node:http';
import { LfsbError } from '../../errors/index.ts';
import type { LogHistory, LogQuery } from '../../log/index.ts';
import type { Logger } from '../../logging.ts';
import { visiblePage } from './collect.ts';
import { shown } from './shown.ts';

/** Clients that follow the log at once. */
export const FOLLOWERS_MAX = 64;

/** How often the end of the log is looked at while anybody follows, ms. */
const LOOK_MS = 200;

/** A line that says nothing keeps proxies from ending a quiet connection, ms. */
const KEEP_ALIVE_MS = 15_000;

/** A client that takes nothing for so long is let go, ms. */
const STALLED_MS_MAX = 60_000;

interface Follower {
  readonly out: ServerResponse;
  readonly query: LogQuery;
  readonly cluster: string;
  seen: number;
  /** When a write last found the client too slow; null while it keeps up. */
  fullSince: number | null;
  /** A page is on its way, from a replica it may be. */
  isServed: boolean;
}

/**
 * Those who follow the log: one timer looks at its end for all of them. Each is sent a page at a time, and nothing
 * more is read for one who has not taken what it was sent.
 */
export class LogFollowers {
  readonly #history: LogHistory;
  readonly #log: Logger;
  readonly #followers = new Set<Follower>();
  #timer: NodeJS.Timeout | null = null;
  #spokeAt = 0;

  constructor(history: LogHistory, log: Logger) {
    this.#history = history;
    this.#log = log;
  }

  /** @throws LfsbError `EUNAVAILABLE` when there are too many already */
  admit(): void {
    if (this.#followers.size < FOLLOWERS_MAX) return;
    throw new LfsbError('EUNAVAILABLE', `${FOLLOWERS_MAX} clients follow the log already`);
  }

  /** Sends what a query asks for, from now on, until the client goes or the server stops. */
  add(out: ServerResponse, query: LogQuery, cluster: string): void {
    const follower: Follower = {
      out,
      query,
      cluster,
      seen: query.after ?? 0,
      fullSince: null,
      isServed: false,
    };
    this.#followers.add(follower);
    out.on('drain', () => {
      follower.fullSince = null;
    });
    out.on('close', () => this.#remove(follower));
    out.on('error', () => this.#remove(follower));
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    out.write(': following\n\n');
  }

  /** Ends every answer: the server stops. */
  close(): void {
    for (const { out } of this.#followers) out.end();
    this.#followers.clear();
    this.#stopLooking();
  }

  #remove(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size === 0) this.#stopLooking();
  }

  #stopLooking(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const now = performance.now();
    const mustSpeak = now - this.#spokeAt > KEEP_ALIVE_MS;
    if (mustSpeak) this.#spokeAt = now;
    for (const follower of this.#followers) {
      if (mustSpeak && follower.fullSince === null) follower.out.write(': \n\n');
      if (!follower.isServed) void this.#serveOne(follower, now);
    }
  }

  async #serveOne(follower: Follower, now: number): Promise<void> {
    follower.isServed = true;
    try {
      await this.#serve(follower, this.#history.head().seq, now);
    } catch (err) {
      this.#log.error({ err, cluster: follower.cluster }, 'a follower of the log was let go');
      follower.out.destroy();
    } finally {
      follower.isServed = false;
    }
  }

  /** One page, or none: the next look goes on. */
  async #serve(follower: Follower, last: number, now: number): Promise<void> {
    if (follower.fullSince !== null) {
      if (now - follower.fullSince > STALLED_MS_MAX) follower.out.destroy();
      return;
    }
    if (follower.seen >= last) return;
    const query = { ...follower.query, after: follower.seen };
    const { events, passed } = await visiblePage(this.#history, query, follower.cluster);
    if (!this.#followers.has(follower)) return;
    let isTaken = true;
    for (const event of events) {
      isTaken = follower.out.write(`id: ${event.seq}\ndata: ${JSON.stringify(shown(event))}\n\n`);
    }
    follower.seen = passed ?? Math.max(last, events.at(-1)?.seq ?? 0);
    if (!isTaken) follower.fullSince = now;
  }
}
