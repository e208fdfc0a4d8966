import type { FastifyInstance } from 'fastify';
import { formatTxid } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { toError } from '../errors.ts';
import { clusterOf, databaseOf, primaryOf } from '../params.ts';
import { actorOf } from '../reply.ts';

/** `POST /db/tx`: the next transaction of a database, as an LTX file. The answer leaves after the commit. */
export function transactionRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  app.post('/db/tx', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const actor = actorOf(request, cluster);
    const outcome = await engine.ingest({
      cluster,
      db,
      body: request.raw,
      actor,
      primary: primaryOf(request),
    });
    if (outcome.kind === 'refused') throw toError(outcome.refusal);
    return reply.header('litefs-hwm', formatTxid(outcome.highWaterMark)).send();
  });
}
