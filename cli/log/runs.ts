import type { LogEvent } from '../../src/client/index.ts';
import type { Run } from './run.ts';
import { JOINED } from './words.ts';

const numberOf = (event: LogEvent, field: string): number => Number(event.body[field] ?? 0);

export const runOf = (event: LogEvent): Run => ({
  first: event,
  last: event,
  count: 1,
  pages: numberOf(event, 'pages'),
  bytes: numberOf(event, 'sizeBytes'),
});

/** Puts events of one type, database, replica and actor together that follow each other. */
export async function* runs(events: AsyncIterable<LogEvent>): AsyncGenerator<Run, void> {
  let open: Run | undefined;
  for await (const event of events) {
    if (open !== undefined && !joins(open, event)) {
      yield open;
      open = undefined;
    }
    open = open === undefined ? runOf(event) : longer(open, event);
  }
  if (open !== undefined) yield open;
}

function joins({ first }: Run, event: LogEvent): boolean {
  const { type, actor } = event;
  return (
    JOINED.has(type) &&
    type === first.type &&
    ['db', 'replica'].every((field) => event.body[field] === first.body[field]) &&
    actor.token === first.actor.token &&
    actor.address === first.actor.address
  );
}

const longer = (run: Run, event: LogEvent): Run => ({
  ...run,
  last: event,
  count: run.count + 1,
  pages: run.pages + numberOf(event, 'pages'),
  bytes: run.bytes + numberOf(event, 'sizeBytes'),
});
