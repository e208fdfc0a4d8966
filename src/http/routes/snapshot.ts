import type { FastifyInstance, FastifyReply } from 'fastify';
import { LfsbError } from '../../errors/index.ts';
import { formatPos } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf, databaseOf, formatOf, pointOf } from '../params.ts';
import { partOf, tagOf } from '../part.ts';
import { DOWNLOAD_SILENCE_MS_MAX, sendBytes } from '../reply.ts';

/** What is left out of a download is made all the same: at least so fast, bytes per ms, or its client is dropped. */
const LEFT_OUT_BYTES_PER_MS_MIN = 10_000;

/** `GET /db/snapshot`: the database as it is now or at a restore point, as one LTX file or as the SQLite file. */
export function snapshotRoutes(app: FastifyInstance, { engine, log }: HttpDependencies): void {
  app.get('/db/snapshot', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const format = formatOf(request);
    const query = pointOf(request);
    const snapshot = await engine
      .snapshot({ cluster, db, format, query, part: partOf(request) })
      .catch((error: unknown) => {
        throw withSize(reply, error);
      });
    const { name, leftOutBytes } = snapshot;
    const silenceMs = DOWNLOAD_SILENCE_MS_MAX + Math.ceil((leftOutBytes ?? 0) / LEFT_OUT_BYTES_PER_MS_MIN);
    // Without a callback: the server ends a socket that times out, and a kept-alive one would collect them.
    request.raw.socket.setTimeout(silenceMs);
    reply.type('application/octet-stream');
    // A SQLite file can go on where it broke off; an LTX file is cut anew each time.
    if (name !== null) reply.header('accept-ranges', 'bytes').header('etag', tagOf(name));
    const about = { cluster, db, pos: formatPos(snapshot.pos), request: request.id };
    try {
      await sendBytes(reply, snapshot);
      log.info(leftOutBytes === null ? about : { ...about, from: leftOutBytes }, 'snapshot sent');
    } catch (err) {
      log.warn({ ...about, err }, 'snapshot broke off');
    }
    return reply;
  });
}

/** The error, after the answer got the header that goes with it. */
function withSize(reply: FastifyReply, error: unknown): unknown {
  if (error instanceof LfsbError && error.code === 'ERANGE') {
    reply.header('content-range', `bytes */${error.fields['sizeBytes']}`);
  }
  return error;
}
