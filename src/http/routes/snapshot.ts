import type { FastifyInstance } from 'fastify';
import { formatPos } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf, databaseOf, formatOf } from '../params.ts';

/** A client that takes nothing for so long has stalled, ms; a slow one moves its window within that. */
export const DOWNLOAD_SILENCE_MS_MAX = 600_000;

/** `GET /db/snapshot`: the database as it is now, as one LTX file or as the SQLite file itself. */
export function snapshotRoutes(app: FastifyInstance, { engine, log }: HttpDependencies): void {
  app.get('/db/snapshot', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const snapshot = await engine.snapshot({ cluster, db, format: formatOf(request) });
    const { stream, sizeBytes } = snapshot;
    stream.on('error', (err) => log.error({ err, cluster, db, request: request.id }, 'snapshot broke off'));
    // Without a callback: the server ends a socket that times out, and a kept-alive one would collect them.
    request.raw.socket.setTimeout(DOWNLOAD_SILENCE_MS_MAX);
    if (sizeBytes !== null) reply.header('content-length', sizeBytes);
    log.info({ cluster, db, pos: formatPos(snapshot.pos), request: request.id }, 'snapshot sent');
    return reply.type('application/octet-stream').send(stream);
  });
}
