import type { FastifyInstance } from 'fastify';
import { formatTimestamp } from '../../engine/restore/timestamp.ts';
import { formatTxid } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { toError } from '../errors.ts';
import { clusterOf, databaseOf, requiredPointOf } from '../params.ts';
import { actorOf, goneSignal, sendJson } from '../reply.ts';

/**
 * `GET /db/restore/check`: builds a restore point and says which it is. `POST /db/restore`: sets the database
 * back to one; the answer leaves after the commit, and says so when the content was put into WAL mode, as the
 * database is.
 */
export function restoreRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  app.get('/db/restore/check', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const query = requiredPointOf(request);
    const outcome = await engine.checkRestore({ cluster, db, query, signal: goneSignal(reply) });
    if (outcome.kind === 'refused') throw toError(outcome.refusal);
    const { timestamp, pos } = outcome.target;
    return sendJson(reply, { timestamp: formatTimestamp(timestamp), txID: formatTxid(pos.txid) });
  });
  app.post('/db/restore', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const query = requiredPointOf(request);
    const actor = actorOf(request, cluster);
    const outcome = await engine.restore({ cluster, db, query, actor, signal: goneSignal(reply) });
    if (outcome.kind === 'refused') throw toError(outcome.refusal);
    const txID = formatTxid(outcome.pos.txid);
    if (outcome.kind === 'unchanged' || !outcome.journalModeForced) return sendJson(reply, { txID });
    return sendJson(reply.header('lfsb-journal-mode', 'wal'), { txID, journalMode: 'wal' });
  });
}
