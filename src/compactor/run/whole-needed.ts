import { SYSTEM_ACTOR } from '../../events/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import { listReplicas } from '../../projections/replicas.ts';
import type { RunContext, TurnName } from './context.ts';

/** What a replica has that has failed for so long is not waited for, ms. */
export const AWAY_AFTER_MS = 600_000;

/** Replicas besides the one of a turn that have failed for long. */
export function awayFrom({ sql, clock }: RunContext, { replica }: TurnName): string[] {
  const before = clock().wall - AWAY_AFTER_MS;
  return listReplicas(sql)
    .filter(({ name, failingSince }) => name !== replica && failingSince !== null && failingSince <= before)
    .map(({ name }) => name);
}

/** Nothing leads to the newest transaction any more: the source of the database is to send all of it. */
export async function askForWhole(context: RunContext, { cluster, db }: TurnName): Promise<void> {
  const { sql, writer, clock, log } = context;
  if (loadDatabase(sql, cluster, db)?.untilWhole !== false) return;
  const meta = { actor: SYSTEM_ACTOR, clock: clock() };
  const { withheld } = await writer.execute({ type: 'withhold', cluster, db, untilWhole: true, ...meta });
  context.afterStep('withheld');
  if (withheld) log.error({ cluster, db }, 'stored files are lost: the whole database is asked for');
}
