import type { ClockReading } from '../commands/clock.ts';
import type { DataDirectory } from '../engine/data-directory.ts';
import { type ServerStatus, StatusReader } from '../engine/status.ts';
import type { SqlConnection } from '../log/index.ts';
import { formatTxid } from '../ltx/index.ts';
import { damageOf } from './damage.ts';
import type { LocalWriter } from './local-writer.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { AgentDatabase } from './plan.ts';
import type { DatabaseReport, ReplicaReport } from './report.ts';

type Stored = Pick<DatabaseReport, 'txid' | 'sizeBytes'> & {
  readonly replicas: readonly Omit<ReplicaReport, 'currentAt' | 'validation' | 'space'>[];
};

export interface StoredReportsOptions {
  readonly plan: AgentDatabase;
  /** Of the database in its log. */
  readonly name: string;
  readonly directory: DataDirectory;
  readonly sql: SqlConnection;
  readonly writer: LocalWriter;
  readonly clock: () => ClockReading;
}

/** What the log says of a database and of its replicas. While nothing is recorded and nothing waits, it is not read. */
export class StoredReports {
  readonly #options: StoredReportsOptions;
  #known: { readonly commands: number; readonly stored: Stored } | null = null;

  constructor(options: StoredReportsOptions) {
    this.#options = options;
  }

  async read(): Promise<Stored> {
    const { commands } = this.#options.writer;
    if (this.#known?.commands === commands) return this.#known.stored;
    const stored = await readStored(this.#options);
    // What waits does so longer every time that it is asked for.
    const isWaiting = stored.replicas.some(({ lagMs }) => lagMs > 0);
    this.#known = isWaiting ? null : { commands, stored };
    return stored;
  }
}

async function readStored({ sql, plan, directory, name, clock }: StoredReportsOptions): Promise<Stored> {
  const reader = new StatusReader({ sql, dataDirectory: directory.root, clock });
  const { databases, replicas } = await reader.read(AGENT_CLUSTER, { after: '', limit: 1 });
  const database = databases.find(({ db }) => db === name);
  return {
    txid: database === undefined ? null : formatTxid(database.txid),
    sizeBytes: database?.sizeBytes ?? 0,
    replicas: plan.replicas.map(({ name: replica, url }) => {
      const progress = database?.replicas.find((each) => each.replica === replica);
      const damage = damageOf(sql, name, replica);
      return {
        name: replica,
        url,
        txid: formatTxid(progress?.txid ?? 0n),
        lagMs: progress?.lagMs ?? 0,
        trouble: troubleOf(replicas, replica) ?? damage?.trouble ?? null,
        damagedFiles: damage?.files ?? 0,
      };
    }),
  };
}

function troubleOf(replicas: ServerStatus['replicas'], name: string): ReplicaReport['trouble'] {
  const { failingSince, code, message } = replicas.find((each) => each.name === name) ?? {};
  if (failingSince == null) return null;
  return { code: code ?? 'EUNAVAILABLE', message: message ?? '', since: failingSince };
}
