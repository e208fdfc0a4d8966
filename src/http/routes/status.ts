import type { FastifyInstance } from 'fastify';
import type { ClockHealth } from '../../engine/clock-health.ts';
import { formatTimestamp } from '../../engine/restore/timestamp.ts';
import { type DatabaseStatus, type ServerStatus, STATUS_DATABASES_MAX } from '../../engine/status.ts';
import { LfsbError } from '../../errors/index.ts';
import { DATABASE_PATTERN } from '../../events/index.ts';
import { formatTxid } from '../../ltx/index.ts';
import type { LastDrill } from '../../projections/drills.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf, queryOf } from '../params.ts';
import { sendJson } from '../reply.ts';

/** `GET /v1/status`: how the server, its replicas and the databases of the cluster fare; `after` pages through them. */
export function statusRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  app.get('/v1/status', async (request, reply) => {
    const cluster = clusterOf(request);
    const { after = '', limit = String(STATUS_DATABASES_MAX) } = queryOf(request);
    if (after !== '' && !DATABASE_PATTERN.test(after)) throw new LfsbError('EBADDB', 'invalid database name');
    const count = /^[0-9]{1,4}$/.test(limit) ? Number(limit) : 0;
    if (count < 1 || count > STATUS_DATABASES_MAX) {
      const hint = `use a number from 1 to ${STATUS_DATABASES_MAX}`;
      throw new LfsbError('EBADINPUT', 'invalid limit', { hint });
    }
    const status = await engine.status(cluster, { after, limit: count });
    return sendJson(reply, shown(cluster, status, engine.clock()));
  });
}

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : formatTimestamp(ms));

const shown = (cluster: string, status: ServerStatus, clock: ClockHealth) => ({
  cluster,
  server: {
    version: status.version,
    startedAt: formatTimestamp(status.startedAt),
    time: formatTimestamp(status.now),
  },
  clock: { ...clock, suspectSince: timeOrNull(clock.suspectSince) },
  disk: status.disk,
  replicas: status.replicas.map(({ failingSince, code, message, ...replica }) => ({
    ...replica,
    state: failingSince === null ? 'ok' : 'failing',
    failingSince: timeOrNull(failingSince),
    code,
    message,
  })),
  databases: status.databases.map(databaseOf),
  next: status.next,
});

const databaseOf = ({ db, txid, timestamp, highWaterMark, lastDrill, ...status }: DatabaseStatus) => ({
  database: db,
  txid: formatTxid(txid),
  timestamp: formatTimestamp(timestamp),
  sizeBytes: status.sizeBytes,
  highWaterMark: formatTxid(highWaterMark),
  withheld: status.withheld,
  replicas: status.replicas.map((each) => ({ ...each, txid: formatTxid(each.txid) })),
  lastDrill: lastDrill === null ? null : drillOf(lastDrill),
  damaged: status.damaged.map(({ replica, level, minTxid, maxTxid, missing, since }) => ({
    ...{ replica, level, minTxid, maxTxid },
    found: missing ? 'missing' : 'damaged',
    since: formatTimestamp(since),
  })),
});

const drillOf = ({ at, seq, passedAt, ...drill }: LastDrill) => ({
  ...drill,
  time: formatTimestamp(at),
  passedAt: timeOrNull(passedAt),
  event: seq,
});
