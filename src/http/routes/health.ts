import type { FastifyInstance } from 'fastify';
import type { HttpDependencies } from '../dependencies.ts';
import { sendJson } from '../reply.ts';

/** `GET /healthz`: the process answers. `GET /readyz`: it can take transactions; 503 and why when it cannot. */
export function healthRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  app.get('/healthz', async (_request, reply) => sendJson(reply, { status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = engine.readiness();
    return sendJson(reply.code(readiness.ready ? 200 : 503), readiness);
  });
}
