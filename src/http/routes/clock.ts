import type { FastifyInstance } from 'fastify';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf } from '../params.ts';
import { actorOf, sendJson } from '../reply.ts';

/** `POST /v1/clock/clear`: an operator has looked, and says that the server's clock is right. */
export function clockRoutes(app: FastifyInstance, { engine, log }: HttpDependencies): void {
  app.post('/v1/clock/clear', async (request, reply) => {
    const cluster = clusterOf(request);
    const cleared = await engine.clearClock(actorOf(request, cluster));
    if (cleared) log.warn({ cluster, address: request.ip }, 'an operator says that the clock is right');
    return sendJson(reply, { cleared, time: new Date().toISOString(), clock: engine.clock() });
  });
}
