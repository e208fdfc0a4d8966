import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LfsbError } from '../../errors/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { collect } from '../log/collect.ts';
import { LogFollowers } from '../log/followers.ts';
import { type LogRequest, logRequestOf } from '../log/query.ts';
import { clusterOf } from '../params.ts';
import { sendJson, sendJsonText } from '../reply.ts';

/**
 * `GET /v1/log`: the operation log, a page at a time, or live as server-sent events. `GET /v1/log/head`: its end.
 * A cluster sees its own events, and by their type those that belong to none; of others nothing but the digest,
 * which is what the chain can be proven with.
 */
export function logRoutes(app: FastifyInstance, { engine, log }: HttpDependencies): void {
  const reader = engine.history;
  const followers = new LogFollowers(reader, log);
  app.addHook('preClose', async () => followers.close());
  app.get('/v1/log/head', async (request, reply) => {
    clusterOf(request);
    const { seq, hash } = reader.head();
    return sendJson(reply, { seq, hash: Buffer.from(hash).toString('hex') });
  });
  app.get('/v1/log', async (request, reply) => {
    const cluster = clusterOf(request);
    const wanted = logRequestOf(request, cluster);
    if (!/text\/event-stream/i.test(request.headers.accept ?? '')) {
      return sendJsonText(reply, JSON.stringify(await collect(reader, wanted, cluster)));
    }
    const after = startOf(request, wanted) ?? reader.head().seq;
    followers.admit();
    begin(reply);
    followers.add(reply.raw, { ...wanted.query, after }, cluster);
    return reply;
  });
}

/** Where a follower goes on: `Last-Event-ID` is where it was when its connection broke off. */
function startOf(request: FastifyRequest, { query, isProof }: LogRequest): number | undefined {
  if (isProof || query.order === 'descending' || query.before !== undefined) {
    throw new LfsbError('EBADINPUT', 'the log is followed in its own order, without canonical and before');
  }
  const id = request.headers['last-event-id'];
  if (id === undefined) return query.after;
  if (typeof id === 'string' && /^[0-9]{1,15}$/.test(id)) return Number(id);
  throw new LfsbError('EBADINPUT', 'invalid Last-Event-ID', { hint: 'the number of an event' });
}

function begin(reply: FastifyReply): void {
  reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no');
  reply.hijack();
  reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
}
