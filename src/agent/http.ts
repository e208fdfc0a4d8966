import fastify from 'fastify';
import { parseBind } from '../config/parse.ts';
import { closeDoor, listen } from '../http/door.ts';
import { createMetrics } from './metrics.ts';
import { type DatabaseReport, isWell } from './report.ts';

export interface AgentHttp {
  /** `http://host:port`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `/metrics`, `/healthz` (the agent runs) and `/readyz` (503 while a database or a replica is not as it
 * should be, and says which).
 * @param addr `host:port`, or `:port` for every address
 * @throws LfsbError `EBIND`, `ECONFIG`
 */
export async function serveAgent(addr: string, reports: () => readonly DatabaseReport[]): Promise<AgentHttp> {
  const app = fastify();
  const metrics = createMetrics(reports);
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    const databases = reports();
    const ready = databases.length > 0 && databases.every(isWell);
    return reply.code(ready ? 200 : 503).send({ ready, databases });
  });
  const url = await listen(app, parseBind('addr', addr), 'addr');
  return { url, close: () => closeDoor(app) };
}
