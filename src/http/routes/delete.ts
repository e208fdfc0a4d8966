import type { FastifyInstance } from 'fastify';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf, databaseOf } from '../params.ts';
import { actorOf } from '../reply.ts';

/** `DELETE /db`: the database and all its files. A running LiteFS that still has it will send it again. */
export function deleteRoutes(app: FastifyInstance, { engine, log }: HttpDependencies): void {
  app.delete('/db', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    await engine.delete({ cluster, db, actor: actorOf(request, cluster) });
    log.info({ cluster, db, request: request.id }, 'database deleted');
    return reply.send();
  });
}
