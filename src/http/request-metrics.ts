import type { MetricValue } from 'prom-client';
import type { StorageFacts } from '../engine/storage-facts.ts';
import { LATENCY_BOUNDS_MS, METERED, type MeterSnapshot } from '../storage/index.ts';

export type Values = readonly MetricValue<string>[];

/** A metric that is read when somebody asks. */
export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  read(facts: StorageFacts): Values;
}

/** A value without labels. */
export const one = (value: number): Values => [{ value, labels: {} }];

/** Values of each replica and operation that was ever called. */
const ofOperations =
  (
    values: (meters: readonly MeterSnapshot[], operation: (typeof METERED)[number]) => Values,
  ): Described['read'] =>
  ({ replicas }) =>
    replicas.flatMap(({ health, meters }) =>
      METERED.filter((name) => calls(meters, name) > 0).flatMap((operation) =>
        values(meters, operation).map((each) => ({
          ...each,
          labels: { replica: health.name, operation, ...each.labels },
        })),
      ),
    );

const sum = (meters: readonly MeterSnapshot[], of: (meter: MeterSnapshot) => number): number =>
  meters.reduce((total, meter) => total + of(meter), 0);

const calls = (meters: readonly MeterSnapshot[], name: (typeof METERED)[number]): number =>
  sum(meters, ({ operations }) => operations[name].successes + operations[name].failures);

const outcomes: Described['read'] = ofOperations((meters, name) => {
  const codes = new Set(meters.flatMap(({ operations }) => Object.keys(operations[name].failuresByCode)));
  const failures = [...codes].map((code) => ({
    value: sum(
      meters,
      ({ operations }) =>
        Object.entries(operations[name].failuresByCode).find(([each]) => each === code)?.[1] ?? 0,
    ),
    labels: { outcome: code },
  }));
  return [
    { value: sum(meters, ({ operations }) => operations[name].successes), labels: { outcome: 'ok' } },
    ...failures,
  ];
});

const HISTOGRAM = 'lfsb_replica_request_seconds';

/** As a histogram has it: how many took at most so long. */
const latencies: Described['read'] = ofOperations((meters, name) => {
  let reached = 0;
  const buckets = LATENCY_BOUNDS_MS.map((bound, slot) => {
    reached += sum(meters, ({ operations }) => operations[name].latencyCounts[slot] ?? 0);
    return { value: reached, labels: { le: bound / 1_000 }, metricName: `${HISTOGRAM}_bucket` };
  });
  const all = calls(meters, name);
  const seconds = sum(meters, ({ operations }) => operations[name].latencyMsSum) / 1_000;
  return [
    ...buckets,
    { value: all, labels: { le: '+Inf' }, metricName: `${HISTOGRAM}_bucket` },
    { value: seconds, labels: {}, metricName: `${HISTOGRAM}_sum` },
    { value: all, labels: {}, metricName: `${HISTOGRAM}_count` },
  ];
});

/** What requests to replicas cost. */
export const REQUEST_METRICS: readonly Described[] = [
  {
    name: 'lfsb_replica_requests_total',
    help: 'Requests to a replica, each try counted, by what came of them',
    type: 'counter',
    read: outcomes,
  },
  {
    name: 'lfsb_replica_bytes_total',
    help: 'Bytes sent to or taken from a replica, of failed requests too',
    type: 'counter',
    read: ofOperations((meters, name) => one(sum(meters, ({ operations }) => operations[name].bytes))),
  },
  {
    name: HISTOGRAM,
    help: 'Time that a replica took to answer, of each try',
    type: 'histogram',
    read: latencies,
  },
];
