import { planRestore } from '../compactor/plan/restore-plan.ts';
import { loadCatalogue } from '../compactor/run/catalogue.ts';
import { databaseStream } from '../events/streams.ts';
import { loadDatabase } from '../projections/databases.ts';
import type { Sql } from '../projections/index.ts';
import { LocalPoints } from '../projections/local-points.ts';
import { AGENT_CLUSTER } from './names.ts';

/**
 * Whether this machine, alone or behind what one of the replicas holds, has all that leads to where the log stands.
 * True where there is nothing to lead to. Of level 0, what a replica has already is not read.
 */
export function isWithinReach(sql: Sql, name: string, replicas: readonly string[]): boolean {
  const state = loadDatabase(sql, AGENT_CLUSTER, name);
  if (state === null || state.pos === null || state.commit === 0) return true;
  const { txid } = state.pos;
  // Level 0 goes from its beginning only: nothing is missing behind a base that is in it.
  const stream = databaseStream(AGENT_CLUSTER, name, state.incarnation);
  if (new LocalPoints(sql, stream).firstBase() !== null) return true;
  return replicas.some((replica) => {
    const located = loadCatalogue(sql, AGENT_CLUSTER, name, { first: 0, replicas: [replica] });
    return located !== null && planRestore(located.catalogue, { txid }, [replica]).kind === 'plan';
  });
}
