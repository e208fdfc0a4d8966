import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HttpDependencies } from './dependencies.ts';
import { measureStorage } from './storage-metrics.ts';

/** Upper bounds of the request histogram, seconds: from one commit to a large first snapshot. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

/** A request that no route takes: its path is the client's invention, and must not become a label. */
const NO_ROUTE = 'none';

/**
 * `GET /metrics`: what the server has done and what it holds, as Prometheus reads it. Comes before the
 * other routes: a hook measures those that are added after it.
 */
export function metricsRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measureRequests(app, registry);
  new Gauge({
    name: 'lfsb_ready',
    help: '1 while the server takes transactions',
    registers: [registry],
    collect() {
      this.set(engine.readiness().ready ? 1 : 0);
    },
  });
  new Gauge({
    name: 'lfsb_clock_suspect',
    help: '1 while the clock is suspect: nothing expires',
    registers: [registry],
    collect() {
      this.set(engine.clock().state === 'suspect' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'lfsb_clock_doubted_seconds',
    help: 'How much later than the clock says what expires does so, while the clock is in doubt',
    registers: [registry],
    collect() {
      this.set(engine.clock().doubtedMs / 1_000);
    },
  });
  measureStorage(registry, engine);
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

function measureRequests(app: FastifyInstance, registry: Registry): void {
  const labelNames = ['method', 'route', 'status'] as const;
  const seconds = new Histogram({
    name: 'lfsb_http_request_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames,
    buckets: SECONDS,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? NO_ROUTE;
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
  });
}
