import type { DatabaseView, PointView, ReplicaView } from '../../src/agent/inspect/view.ts';

const utc = (ms: number): string => new Date(ms).toISOString();

const pointJson = ({ txid, timestamp }: PointView): object => ({ txid, timestamp: utc(timestamp) });

function replicaJson(replica: ReplicaView): object {
  const { lastSuccessAt, window, validation } = replica;
  return {
    ...replica,
    lastSuccessAt: lastSuccessAt === null ? null : utc(lastSuccessAt),
    window: window && { first: pointJson(window.first), last: pointJson(window.last) },
    validation: validation && { ...validation, at: utc(validation.at) },
  };
}

/** A database as `--json` tells it: times are RFC 3339 in UTC, lags in ms. */
export const databaseJson = (view: DatabaseView): object => ({
  ...view,
  replicas: view.replicas.map(replicaJson),
});
