import { SYSTEM_ACTOR } from '../events/index.ts';
import { formatTxid } from '../ltx/index.ts';
import { earlierHistory } from './earlier-history.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { AgentRuntime, ReplicatedDatabase } from './replicated-database.ts';
import { isWithinReach } from './within-reach.ts';

type Runtime = Pick<AgentRuntime, 'clock' | 'log'>;

/**
 * Before the first sync: a history that a lost log had written to the replicas is gone on behind, and one that no
 * replica of the configuration can go on with is begun anew by a whole copy.
 */
export async function beginHistory(database: ReplicatedDatabase, runtime: Runtime): Promise<void> {
  await beginBehindEarlier(database, runtime);
  await copyWholeWhereLost(database, runtime);
}

async function beginBehindEarlier(database: ReplicatedDatabase, { clock, log }: Runtime): Promise<void> {
  const { path } = database.plan;
  const earlier = await earlierHistory(database, clock().wall);
  if (earlier === null) return;
  const { end, holders, silent } = earlier;
  database.beginBehind(end);
  if (silent.length > 0)
    log.warn({ path, replicas: silent }, 'replicas do not answer: what they hold is not known');
  if (holders.length === 0) return;
  const about = { path, replicas: holders, txid: formatTxid(end) };
  log.warn(
    about,
    'an earlier history is there, of which the log knows nothing: it stays for its retention, and a whole copy goes behind it',
  );
}

/** The replica that was had may not be configured any more, and what it held may have left this machine. */
async function copyWholeWhereLost(database: ReplicatedDatabase, { clock, log }: Runtime): Promise<void> {
  const { sql, name, plan, writer } = database;
  const configured = plan.replicas.map((replica) => replica.name);
  if (isWithinReach(sql, name, configured)) return;
  const key = { cluster: AGENT_CLUSTER, db: name };
  const { withheld } = await writer.execute({
    type: 'withhold',
    ...key,
    untilWhole: false,
    actor: SYSTEM_ACTOR,
    clock: clock(),
  });
  if (withheld)
    log.warn(
      { path: plan.path },
      'no replica of the configuration has what this machine has no more: a whole copy is made',
    );
}
