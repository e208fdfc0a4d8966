import type { ClockReading } from '../../commands/clock.ts';
import { type Actor, refusalsStream } from '../../events/index.ts';
import { formatChecksum, formatTxid } from '../../ltx/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import { record, type WriterContext } from './context.ts';

/** What is stored of a database is not to be gone on from: its source is to send all of it. */
export interface WithholdCommand {
  readonly type: 'withhold';
  readonly cluster: string;
  readonly db: string;
  /** Only a whole database ends it; else the next transaction of any kind does. */
  readonly untilWhole: boolean;
  readonly actor: Actor;
  readonly clock: ClockReading;
}

export interface WithholdCommands {
  /** False when it is known already, or there is no such database. */
  withhold: { command: WithholdCommand; result: { readonly withheld: boolean } };
}

/** Withholds the position until a full snapshot comes, which is re-based on; older points stay restorable. */
export function handleWithhold(
  { cluster, db, untilWhole, actor, clock }: WithholdCommand,
  context: WriterContext,
): WithholdCommands['withhold']['result'] {
  const { wall } = context.clock.observe(clock);
  const state = loadDatabase(context.sql, cluster, db);
  if (state === null || state.pos === null) return { withheld: false };
  if (state.withheld && (state.untilWhole || !untilWhole)) return { withheld: false };
  const { txid, checksum } = state.pos;
  const body = {
    cluster,
    db,
    txid: formatTxid(txid),
    checksum: formatChecksum(checksum),
    failingSince: state.failingSince ?? wall,
    untilWhole,
  };
  const meta = { time: wall, actor };
  record(context, refusalsStream(cluster, db), [{ type: 'position.withheld', body }], meta);
  return { withheld: true };
}
