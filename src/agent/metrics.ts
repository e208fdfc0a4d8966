import { Gauge, Registry } from 'prom-client';
import { parseTxid } from '../ltx/index.ts';
import { type DatabaseReport, isWell, type ReplicaReport } from './report.ts';

type Labels = 'db' | 'replica';
type Reports = () => readonly DatabaseReport[];

/** What the agent knows of its databases, as Prometheus reads it. Lag and last success are what to alert on. */
export function createMetrics(reports: Reports): Registry {
  const registry = new Registry();
  const database = (name: string, help: string, value: (report: DatabaseReport) => number | null): void => {
    gauge(registry, { name, help, labels: ['db'] }, function* () {
      for (const report of reports()) yield [{ db: report.path }, value(report)];
    });
  };
  const replica = (name: string, help: string, value: (report: ReplicaReport) => number | null): void => {
    gauge(registry, { name, help, labels: ['db', 'replica'] }, function* () {
      for (const { path, replicas } of reports())
        for (const each of replicas) yield [{ db: path, replica: each.name }, value(each)];
    });
  };
  database('lfsb_agent_well', '1 while a database and all its replicas are as they should be', (each) =>
    isWell(each) ? 1 : 0,
  );
  database(
    'lfsb_agent_synced_timestamp_seconds',
    'When the live file was last read without trouble',
    (each) => seconds(each.syncedAt),
  );
  database('lfsb_agent_txid', 'Newest transaction', (each) => txid(each.txid));
  database('lfsb_agent_database_bytes', 'Size of the database', (each) => each.sizeBytes);
  database('lfsb_agent_free_bytes', 'Room beside the database', (each) => each.space?.freeBytes ?? null);
  database('lfsb_agent_wal_frames', 'Committed frames in the WAL', (each) => each.walFrames);
  database('lfsb_agent_transactions', 'Transactions since the start', (each) => each.transactions);
  database('lfsb_agent_pages', 'Pages in them', (each) => each.pages);
  replica('lfsb_agent_replica_txid', 'Newest transaction that a replica has', (each) => txid(each.txid));
  replica(
    'lfsb_agent_replica_lag_seconds',
    'How long the first transaction that it lacks has waited',
    (each) => seconds(each.lagMs),
  );
  replica('lfsb_agent_replica_current_timestamp_seconds', 'When it last had everything', (each) =>
    seconds(each.currentAt),
  );
  replica('lfsb_agent_replica_free_bytes', 'Room on a replica, where it says', (each) =>
    each.space === null ? null : each.space.freeBytes,
  );
  replica(
    'lfsb_agent_replica_failing',
    '1 while a replica cannot be written to, or has lost its newest point',
    (each) => (each.trouble === null ? 0 : 1),
  );
  replica(
    'lfsb_agent_replica_damaged_files',
    'Stored files that are missing or damaged',
    (each) => each.damagedFiles,
  );
  replica('lfsb_agent_replica_validation_timestamp_seconds', 'When its newest point was last built', (each) =>
    seconds(each.validation?.at ?? null),
  );
  replica('lfsb_agent_replica_validation_failed', '1 when the last validation failed', (each) =>
    each.validation === null ? null : Number(!each.validation.passed),
  );
  return registry;
}

/** @param values null: nothing is known */
function gauge(
  registry: Registry,
  about: { readonly name: string; readonly help: string; readonly labels: Labels[] },
  values: () => Iterable<[Partial<Record<Labels, string>>, number | null]>,
): void {
  new Gauge({
    name: about.name,
    help: about.help,
    labelNames: about.labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of values()) if (value !== null) this.set(labels, value);
    },
  });
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

const txid = (text: string | null): number | null => (text === null ? null : Number(parseTxid(text) ?? 0n));
