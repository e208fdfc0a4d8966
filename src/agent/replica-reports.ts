import type { ClockReading } from '../commands/clock.ts';
import { type ServerStatus, StatusReader } from '../engine/status.ts';
import { formatTxid } from '../ltx/index.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { ReplicatedDatabase } from './replicated-database.ts';
import type { DatabaseReport, ReplicaReport } from './report.ts';

type Stored = Pick<DatabaseReport, 'txid' | 'sizeBytes'> & {
  readonly replicas: readonly Omit<ReplicaReport, 'currentAt' | 'validation'>[];
};

/** What the log says of a database and of its replicas. */
export async function readStored(
  { sql, plan, directory, name }: ReplicatedDatabase,
  clock: () => ClockReading,
): Promise<Stored> {
  const reader = new StatusReader({ sql, dataDirectory: directory.root, clock });
  const { databases, replicas } = await reader.read(AGENT_CLUSTER, { after: '', limit: 1 });
  const database = databases.find(({ db }) => db === name);
  return {
    txid: database === undefined ? null : formatTxid(database.txid),
    sizeBytes: database?.sizeBytes ?? 0,
    replicas: plan.replicas.map(({ name: replica, url }) => {
      const progress = database?.replicas.find((each) => each.replica === replica);
      return {
        name: replica,
        url,
        txid: formatTxid(progress?.txid ?? 0n),
        lagMs: progress?.lagMs ?? 0,
        trouble: troubleOf(replicas, replica),
      };
    }),
  };
}

function troubleOf(replicas: ServerStatus['replicas'], name: string): ReplicaReport['trouble'] {
  const { failingSince, code, message } = replicas.find((each) => each.name === name) ?? {};
  if (failingSince == null) return null;
  return { code: code ?? 'EUNAVAILABLE', message: message ?? '', since: failingSince };
}
