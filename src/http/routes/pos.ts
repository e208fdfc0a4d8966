import type { FastifyInstance } from 'fastify';
import { formatChecksum, formatTxid } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf } from '../params.ts';
import { sendJson } from '../reply.ts';

/** `GET /pos`: the position of every database of the cluster, by name. */
export function positionRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  app.get('/pos', async (request, reply) => {
    // Without a prototype: `__proto__` is a valid name.
    const positions: Record<string, { TXID: string; PostApplyChecksum: string }> = Object.create(null);
    for (const { db, pos } of engine.positions(clusterOf(request))) {
      positions[db] = { TXID: formatTxid(pos.txid), PostApplyChecksum: formatChecksum(pos.checksum) };
    }
    return sendJson(reply, positions);
  });
}
