import { setImmediate as nextTurn } from 'node:timers/promises';
import { LfsbError } from '../../errors/index.ts';
import { EventError } from '../../events/index.ts';
import { type LogHistory, type LogPage, type LogQuery, PAGE_EVENTS } from '../../log/index.ts';
import type { LogRequest } from './query.ts';
import { isVisible, proofOf, shown } from './shown.ts';

/** Pages looked through for one answer, however few events in them match. */
const PAGES_MAX = 20;

/** The same where events are given whatever they are: those that have left come a segment at a time. */
const PROOF_PAGES_MAX = 100;

/** One answer: events, and where to go on; null at the end of the log. */
export interface LogAnswer {
  readonly events: readonly object[];
  readonly next: number | null;
}

/**
 * A page of a query, of what a cluster may see.
 * @throws LfsbError `ECORRUPT` for an event that cannot be read, `EUNAVAILABLE` for one that no replica gives
 */
export async function visiblePage(history: LogHistory, query: LogQuery, cluster: string): Promise<LogPage> {
  try {
    const { events, passed } = await history.page(query);
    return { events: events.filter(({ body }) => isVisible(body, cluster)), passed };
  } catch (cause) {
    if (!(cause instanceof EventError)) throw cause;
    const hint = 'lfsb log verify names the first event that is not right';
    throw new LfsbError('ECORRUPT', `the log is damaged: ${cause.message}`, { hint, cause });
  }
}

/** Reads what a request asks for, page by page, so that others have their turn in between. */
export async function collect(history: LogHistory, request: LogRequest, cluster: string): Promise<LogAnswer> {
  if (request.isProof) return collectProofs(history, request, cluster);
  const cursor = request.query.order === 'descending' ? 'before' : 'after';
  const events: object[] = [];
  let query = request.query;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await visiblePage(history, query, cluster);
    for (const event of page.events) {
      events.push(shown(event));
      if (events.length === request.limit) return { events, next: event.seq };
    }
    if (page.passed === null) return { events, next: null };
    query = { ...query, [cursor]: page.passed };
    await nextTurn();
  }
  return { events, next: query[cursor] ?? null };
}

async function collectProofs(
  history: LogHistory,
  { query, limit }: LogRequest,
  cluster: string,
): Promise<LogAnswer> {
  const events: object[] = [];
  let after = query.after ?? 0;
  for (let pages = 0; pages < PROOF_PAGES_MAX && events.length < limit; pages++) {
    const page = await history.stored(after, Math.min(PAGE_EVENTS, limit - events.length));
    for (const event of page.events) events.push(proofOf(event, cluster));
    if (page.passed === null) return { events, next: null };
    after = page.passed;
    await nextTurn();
  }
  return { events, next: after };
}
