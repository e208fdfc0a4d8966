import { setImmediate as nextTurn } from 'node:timers/promises';
import { LfsbError } from '../../errors/index.ts';
import { EventError } from '../../events/index.ts';
import { type LogPage, type LogQuery, type LogReader, PAGE_EVENTS } from '../../log/index.ts';
import type { LogRequest } from './query.ts';
import { isVisible, proofOf, shown } from './shown.ts';

/** Pages looked through for one answer, however few events in them match. */
const PAGES_MAX = 20;

/** One answer: events, and where to go on; null at the end of the log. */
export interface LogAnswer {
  readonly events: readonly object[];
  readonly next: number | null;
}

/**
 * A page of a query, of what a cluster may see.
 * @throws LfsbError `ECORRUPT` for an event that cannot be read
 */
export function visiblePage(reader: LogReader, query: LogQuery, cluster: string): LogPage {
  try {
    const { events, passed } = reader.page(query);
    return { events: events.filter(({ body }) => isVisible(body, cluster)), passed };
  } catch (cause) {
    if (!(cause instanceof EventError)) throw cause;
    const hint = 'lfsb log verify names the first event that is not right';
    throw new LfsbError('ECORRUPT', `the log is damaged: ${cause.message}`, { hint, cause });
  }
}

/** Reads what a request asks for, page by page, so that others have their turn in between. */
export async function collect(reader: LogReader, request: LogRequest, cluster: string): Promise<LogAnswer> {
  if (request.isProof) return collectProofs(reader, request, cluster);
  const cursor = request.query.order === 'descending' ? 'before' : 'after';
  const events: object[] = [];
  let query = request.query;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = visiblePage(reader, query, cluster);
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
  reader: LogReader,
  { query, limit }: LogRequest,
  cluster: string,
): Promise<LogAnswer> {
  const events: object[] = [];
  let after = query.after ?? 0;
  while (events.length < limit) {
    const wanted = Math.min(PAGE_EVENTS, limit - events.length);
    const rows = reader.stored(after, wanted);
    for (const row of rows) events.push(proofOf(row, cluster));
    after = rows.at(-1)?.seq ?? after;
    if (rows.length < wanted) return { events, next: null };
    await nextTurn();
  }
  return { events, next: after };
}
