import type { LogEvent, LogFilter } from '../../src/client/index.ts';
import type { LogSource } from './agent-log.ts';

/** Events that `-n` may ask for: they are held, because they come newest first. */
export const LATEST_MAX = 100_000;

/** Events shown before those that are followed, unless `-n` says how many. */
const BEFORE_FOLLOWING = 10;

export interface TellOptions {
  readonly filter: LogFilter;
  /** Only the last so many. */
  readonly count: number | undefined;
  /** Go on with what happens. */
  readonly follow: boolean;
}

/** The events that are asked for, oldest first, and with `follow` those that happen from then on. */
export async function* tell(
  { log }: { readonly log: Pick<LogSource, 'head' | 'read' | 'latest' | 'follow'> },
  { filter, count, follow }: TellOptions,
): AsyncGenerator<LogEvent, void> {
  const last = count ?? (follow ? BEFORE_FOLLOWING : undefined);
  // Taken first, so that nothing falls between what was and what comes.
  const head = follow ? await log.head() : undefined;
  let seen = head?.seq ?? 0;
  const past = last === undefined ? log.read(filter) : await latest(log.latest(filter), last);
  for await (const event of past) {
    seen = Math.max(seen, event.seq);
    yield event;
  }
  if (follow) yield* log.follow(filter, seen);
}

async function latest(newestFirst: AsyncIterable<LogEvent>, count: number): Promise<LogEvent[]> {
  const found: LogEvent[] = [];
  if (count === 0) return found;
  for await (const event of newestFirst) {
    found.push(event);
    if (found.length === count) break;
  }
  return found.reverse();
}
