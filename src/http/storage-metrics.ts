import type { Metric, MetricObject, Registry } from 'prom-client';
import type { Engine } from '../engine/engine.ts';
import type { StorageFacts } from '../engine/storage-facts.ts';
import { type Described, one, REQUEST_METRICS } from './request-metrics.ts';

/** A value of each replica, by its name. */
const ofReplicas =
  (value: (replica: StorageFacts['replicas'][number]) => number): Described['read'] =>
  ({ replicas }) =>
    replicas.map((replica) => ({ value: value(replica), labels: { replica: replica.health.name } }));

const age = (since: number | null, now: number): number =>
  since === null ? 0 : Math.max(0, (now - since) / 1_000);

const described = (now: () => number): readonly Described[] => [
  ...REQUEST_METRICS,
  {
    name: 'lfsb_replica_failing',
    help: '1 while a replica fails',
    type: 'gauge',
    read: ofReplicas(({ health }) => (health.failingSince === null ? 0 : 1)),
  },
  {
    name: 'lfsb_replica_failing_since_seconds',
    help: 'Unix time since when a replica fails, 0 while it is well',
    type: 'gauge',
    read: ofReplicas(({ health }) => (health.failingSince ?? 0) / 1_000),
  },
  {
    name: 'lfsb_replica_lag_seconds',
    help: 'For how long the oldest transaction that a replica lacks has waited',
    type: 'gauge',
    read: ofReplicas(({ lag }) => age(lag.since, now())),
  },
  {
    name: 'lfsb_replica_lag_transactions',
    help: 'Transactions that a replica lacks',
    type: 'gauge',
    read: ofReplicas(({ lag }) => lag.transactions),
  },
  {
    name: 'lfsb_replica_lag_databases',
    help: 'Databases that a replica does not have up to their newest transaction',
    type: 'gauge',
    read: ofReplicas(({ lag }) => lag.databases),
  },
  {
    name: 'lfsb_high_water_mark_age_seconds',
    help: 'For how long the oldest transaction has waited that its high-water mark has not reached',
    type: 'gauge',
    read: ({ replicas }) =>
      one(
        Math.max(
          0,
          ...replicas.filter(({ health }) => health.required).map(({ lag }) => age(lag.since, now())),
        ),
      ),
  },
  {
    name: 'lfsb_stored_bytes',
    help: 'Bytes stored on a replica, by level',
    type: 'gauge',
    read: ({ stored }) =>
      stored.map(({ replica, level, bytes }) => ({ value: bytes, labels: { replica, level } })),
  },
  {
    name: 'lfsb_stored_files',
    help: 'Files stored on a replica, by level',
    type: 'gauge',
    read: ({ stored }) =>
      stored.map(({ replica, level, files }) => ({ value: files, labels: { replica, level } })),
  },
  {
    name: 'lfsb_damaged_files',
    help: 'Stored files of a replica that are missing or damaged and not made anew yet',
    type: 'gauge',
    read: ofReplicas(({ damaged }) => damaged),
  },
  {
    name: 'lfsb_replica_work',
    help: 'Puts and deletions under way on a replica; failed ones are tried again',
    type: 'gauge',
    read: ({ work }) =>
      work.map(({ replica, kind, failed, count }) => ({
        value: count,
        labels: { replica, kind, state: failed ? 'failed' : 'running' },
      })),
  },
  {
    name: 'lfsb_replica_due',
    help: 'Files to be stored on a replica or deleted from it that are not yet begun, as of the last plans',
    type: 'gauge',
    read: ({ replicas }) =>
      replicas.flatMap(({ health: { name }, due }) => [
        { value: due.builds, labels: { replica: name, kind: 'build' } },
        { value: due.deletes, labels: { replica: name, kind: 'delete' } },
      ]),
  },
  {
    name: 'lfsb_replica_due_databases',
    help: 'Databases that wait for their turn on a replica, or are in it',
    type: 'gauge',
    read: ofReplicas(({ due }) => due.databases),
  },
  {
    name: 'lfsb_level0_bytes',
    help: 'Single transactions kept in the data directory, bytes',
    type: 'gauge',
    read: ({ level0Bytes }) => one(level0Bytes),
  },
  {
    name: 'lfsb_databases',
    help: 'Databases that have a position',
    type: 'gauge',
    read: ({ databases }) => one(databases),
  },
  {
    name: 'lfsb_events_total',
    help: 'Events in the log',
    type: 'counter',
    read: ({ events }) => one(events),
  },
];

/** Measures long-term storage: read when somebody asks, from what is known anyway. */
export function measureStorage(registry: Registry, engine: Engine, now: () => number = Date.now): void {
  for (const { name, help, type, read } of described(now)) {
    const metric = {
      name,
      get: async () => ({ name, help, type, values: read(await engine.storageFacts()), aggregator: 'sum' }),
      reset: () => {},
    };
    // Its own classes count for themselves; these numbers are counted elsewhere. It asks for no more than `get`.
    registry.registerMetric(metric as unknown as Metric<string> & MetricObject);
  }
}
