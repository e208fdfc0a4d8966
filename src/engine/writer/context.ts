import type { Actor, EventDraft } from '../../events/index.ts';
import type { EventStore } from '../../log/index.ts';
import { ContentIndex } from '../../projections/content-index.ts';
import type { Sql } from '../../projections/index.ts';
import { ClockGuard, type ClockOptions } from './clock-guard.ts';
import { RefusalLimiter } from './refusal-limiter.ts';

/** What the handlers of the log's writer share; it lives as long as the writer's thread. */
export interface WriterContext {
  readonly store: EventStore;
  readonly sql: Sql;
  readonly index: ContentIndex;
  readonly clock: ClockGuard;
  readonly refusals: RefusalLimiter;
  /** Streams whose index was seen to agree with their position since the start. */
  readonly proven: Set<string>;
}

export function createContext(store: EventStore, sql: Sql, clock?: ClockOptions): WriterContext {
  const index = new ContentIndex(sql);
  return {
    store,
    sql,
    index,
    clock: new ClockGuard(store, sql, clock),
    refusals: new RefusalLimiter(),
    proven: new Set(),
  };
}

/** Appends to a stream at whatever version it has: for streams that record and do not decide. */
export function record(
  context: WriterContext,
  stream: string,
  events: readonly EventDraft[],
  meta: { readonly time: number; readonly actor: Actor },
): void {
  if (events.length > 0) context.store.append(stream, context.store.version(stream), [...events], meta);
}
