import type { FastifyInstance } from 'fastify';
import { formatPos } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf, databaseOf, formatOf, pointOf } from '../params.ts';
import { DOWNLOAD_SILENCE_MS_MAX, sendBytes } from '../reply.ts';

/** `GET /db/snapshot`: the database as it is now or at a restore point, as one LTX file or as the SQLite file. */
export function snapshotRoutes(app: FastifyInstance, { engine, log }: HttpDependencies): void {
  app.get('/db/snapshot', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const format = formatOf(request);
    const query = pointOf(request);
    const snapshot = await engine.snapshot({ cluster, db, format, query });
    // Without a callback: the server ends a socket that times out, and a kept-alive one would collect them.
    request.raw.socket.setTimeout(DOWNLOAD_SILENCE_MS_MAX);
    reply.type('application/octet-stream');
    const about = { cluster, db, pos: formatPos(snapshot.pos), request: request.id };
    try {
      await sendBytes(reply, snapshot);
      log.info(about, 'snapshot sent');
    } catch (err) {
      log.warn({ ...about, err }, 'snapshot broke off');
    }
    return reply;
  });
}
