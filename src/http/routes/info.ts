import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { RestorePoint } from '../../compactor/plan/index.ts';
import { formatTimestamp } from '../../engine/restore/timestamp.ts';
import { formatChecksum, formatTxid } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { clusterOf, databaseOf, selectionOf } from '../params.ts';
import { DOWNLOAD_SILENCE_MS_MAX } from '../reply.ts';

/** Points that are written at once. */
const POINTS_PER_CHUNK = 256;

/** `GET /db/info`: what the database can be restored to, from the catalogue alone. */
export function infoRoutes(app: FastifyInstance, { engine }: HttpDependencies): void {
  app.get('/db/info', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const points = engine.info({ cluster, db }, selectionOf(request));
    request.raw.socket.setTimeout(DOWNLOAD_SILENCE_MS_MAX);
    return reply.type('application/json').send(Readable.from(json(db, points), { objectMode: false }));
  });
}

/** The answer as JSON.stringify with an indent of two would write it, without ever holding all of it. */
function* json(name: string, points: Iterable<RestorePoint>): Generator<string> {
  let text = `{\n  "name": ${JSON.stringify(name)},\n  "restorablePaths": [`;
  let count = 0;
  for (const point of points) {
    const item = JSON.stringify(shown(point), null, 2).replaceAll('\n', '\n    ');
    text += `${count === 0 ? '' : ','}\n    ${item}`;
    if (++count % POINTS_PER_CHUNK !== 0) continue;
    yield text;
    text = '';
  }
  yield `${text}${count === 0 ? '' : '\n  '}]\n}`;
}

const shown = ({ txid, effectiveTime, checksum, deleted, local }: RestorePoint) => ({
  maxTxId: formatTxid(txid),
  maxTimestamp: formatTimestamp(effectiveTime),
  postApplyChecksum: formatChecksum(checksum),
  ...(deleted ? { deleted } : {}),
  ...(local ? { local } : {}),
});
