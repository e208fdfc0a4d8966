import type { DatabaseState } from '../../commands/database-state.ts';
import { unknownDatabase } from '../../commands/database-state.ts';
import { recordRefusal } from '../../commands/record-refusal.ts';
import type { Refusal } from '../../commands/refusal.ts';
import { type Actor, refusalsStream } from '../../events/index.ts';
import type { LtxHeader } from '../../ltx/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import { record, type WriterContext } from './context.ts';
import type { IngestRefused, RefuseCommand } from './messages.ts';

/** Records a refusal, within limits, and says what was recorded. */
export function refuseIngest(
  context: WriterContext,
  state: DatabaseState,
  header: LtxHeader | null,
  refusal: Refusal,
  meta: { readonly time: number; readonly actor: Actor },
): IngestRefused {
  const key = `${state.cluster}/${state.db}/${refusal.code}`;
  const history = context.refusals.history(key);
  const decision = recordRefusal(state, header, refusal, history, meta.time);
  const withheld = decision.events.some((event) => event.type === 'position.withheld');
  const recorded = decision.events.length > 0 && (withheld || context.refusals.take(meta.time));
  const leftOut = decision.events.length > 0 && !recorded;
  context.refusals.remember(
    key,
    leftOut ? { ...history, suppressed: history.suppressed + 1 } : decision.history,
  );
  if (recorded) record(context, refusalsStream(state.cluster, state.db), decision.events, meta);
  return { kind: 'refused', refusal, recorded, withheld };
}

/** A body that is no LTX file at all: there is nothing to decide, only to record. */
export function handleRefuse(command: RefuseCommand, context: WriterContext): IngestRefused {
  const now = context.clock.observe(command.clock);
  const state =
    loadDatabase(context.sql, command.cluster, command.db) ?? unknownDatabase(command.cluster, command.db);
  return refuseIngest(context, state, null, command.refusal, { time: now.wall, actor: command.actor });
}
