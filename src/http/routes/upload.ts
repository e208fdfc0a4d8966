import type { FastifyInstance } from 'fastify';
import { LfsbError } from '../../errors/index.ts';
import { formatTxid } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { toError } from '../errors.ts';
import { clusterOf, databaseOf, queryOf } from '../params.ts';
import { actorOf, sendJson } from '../reply.ts';

/**
 * `POST /db/upload`: a SQLite file becomes the database's next transaction, the first of one that is new. The
 * answer leaves after the commit, and says so when the file was put into WAL mode, as the database is.
 */
export function uploadRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  app.post('/db/upload', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const check = checkOf(queryOf(request)['check'] ?? '');
    const actor = actorOf(request, cluster);
    const outcome = await engine.import({ cluster, db, body: request.raw, actor, check });
    if (outcome.kind === 'refused') throw toError(outcome.refusal);
    const txID = formatTxid(outcome.pos.txid);
    if (!outcome.journalModeForced) return sendJson(reply, { txID });
    return sendJson(reply.header('lfsb-journal-mode', 'wal'), { txID, journalMode: 'wal' });
  });
}

function checkOf(value: string): boolean {
  if (value === '' || value === 'quick') return value === 'quick';
  throw new LfsbError('EBADINPUT', 'invalid check', { hint: 'use "check=quick", or leave it out' });
}
